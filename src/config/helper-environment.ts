/**
 * Variables that select what a credential helper answers, or where it is found: those of docker, of the helpers that
 * cloud providers publish, and of keychains.
 */
export const helperVariables: readonly string[] = [
  ...["PATH", "HOME", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG"],
  // docker-credential-ecr-login
  ...["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"],
  ...[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_CA_BUNDLE",
  ],
  ...["AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL"],
  ...["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
  ...["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
  ...["AWS_EC2_METADATA_DISABLED", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_USE_FIPS_ENDPOINT"],
  ...["AWS_ECR_CACHE_DIR", "AWS_ECR_DISABLE_CACHE", "AWS_ECR_IGNORE_CREDS_STORAGE"],
  // docker-credential-gcloud and docker-credential-gcr
  ...[
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_CONFIG",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_CORE_ACCOUNT",
  ],
  ...[
    "CLOUDSDK_CORE_PROJECT",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_PYTHON",
    "DOCKER_CREDENTIAL_GCR_CONFIG",
  ],
  // docker-credential-acr-env, and the Azure command line
  ...["AZURE_CONFIG_DIR", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_ENVIRONMENT"],
  ...["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"],
  // docker-credential-pass and docker-credential-secretservice
  ...["PASSWORD_STORE_DIR", "PASSWORD_STORE_GPG_OPTS", "GNUPGHOME", "GPG_TTY", "GPG_AGENT_INFO"],
  ...["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"],
  ...["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"],
  // docker-credential-vault-login, and helpers in general
  ...["VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "LC_ALL"],
];

/**
 * The environment in which docker's configuration is read and credential helpers run for a user: this process's, with the
 * user's {@link helperVariables} instead of its own. Without the user's PATH, the client sends none of them, and it
 * is this process's environment.
 */
export function helperEnvironment(user: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  if (user.PATH === undefined) return process.env;
  const env = { ...process.env };
  for (const name of helperVariables) {
    delete env[name];
    if (user[name] !== undefined) env[name] = user[name];
  }
  return env;
}
