import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { presets } from "./issuer-presets.js";
import { parseIssuersFile } from "./issuers-file.js";

const issuer = `[[issuer]]\nname = "github"\npreset = "github"\naudience = "slipway"\n`;
const own = `[[issuer]]\nname = "own"\nurl = "https://id.example"\naudience = "slipway"\n`;
const bindOf = (lines: string, of = "github") =>
  `[[bind]]\nname = "main"\nissuer = "${of}"\nrole = "builder"\n${lines}\n`;

it("reads issuers with a preset or a URL, and rules", () => {
  const text = `${issuer}${own}${bindOf('groups = ["a"]\nclaims = { repository_id = "42", ref = "refs/heads/*" }')}`;
  expect(parseIssuersFile("/issuers.toml", text)).toEqual({
    issuers: [
      {
        name: "github",
        url: "https://token.actions.githubusercontent.com",
        audience: "slipway",
        pullRequest: presets.github.pullRequest,
      },
      { name: "own", url: "https://id.example", audience: "slipway" },
    ],
    rules: [
      {
        name: "main",
        issuer: "github",
        claims: { repository_id: "42", ref: "refs/heads/*" },
        principal: "{repository_id}",
        role: "builder",
        groups: ["a"],
      },
    ],
  });
  const inProject = bindOf('claims = { sub = "x" }\nprojects = { shop = "builder" }', "own");
  const [rule] = parseIssuersFile("/f", `${own}${inProject.replace('role = "builder"\n', "")}`).rules;
  expect(rule!.projects).toEqual(new Map([["shop", "builder"]]));
  expect(parseIssuersFile("/issuers.toml", "")).toEqual({ issuers: [], rules: [] });
  for (const claim of ['repository = "acme/*"', 'sub = "repo:acme/app:*"', 'repository_owner = "acme"'])
    expect(parseIssuersFile("/f", `${issuer}${bindOf(`claims = { ${claim} }`)}`).rules).toHaveLength(1);
});

it("reads the login of an issuer", () => {
  const loginOf = (lines: string) =>
    parseIssuersFile("/f", `${issuer}${own}[issuer.login]\n${lines}`).issuers.map(({ login }) => login);
  expect(loginOf("")).toEqual([undefined, { clientId: "slipway", scopes: ["openid", "offline_access"] }]);
  expect(loginOf('client_id = "cli"\nscopes = ["openid", "groups"]')).toEqual([
    undefined,
    { clientId: "cli", scopes: ["openid", "groups"] },
  ]);
});

it.each([
  [`${own}login = "cli"`, "issuer[0].login is not a table"],
  [`${own}login = { client_secret = "x" }`, 'issuer[0].login has an unknown key "client_secret"'],
  [`${own}login = { client_id = "" }`, "issuer[0].login.client_id is malformed"],
  [`${own}login = { scopes = "openid" }`, "issuer[0].login.scopes must be a list of at most 32 scopes"],
  [`${own}login = { scopes = ["openid x"] }`, "issuer[0].login.scopes must be a list of at most 32 scopes"],
  [`${own}login = { scopes = ["email"] }`, 'issuer[0].login.scopes must have "openid"'],
  [
    `${own}login = {}\n${own.replace('"own"', '"other"')}login = {}`,
    'the issuers "own" and "other" have a login',
  ],
  ...["github", "gitlab", "kubernetes"].map((preset) => [
    `${own}preset = "${preset}"\nlogin = {}`,
    "issuer[0].login cannot be used: this issuer issues tokens to jobs, not to people",
  ]),
  [
    `${own.replace("id.example", "gitlab.com")}login = {}`,
    "issuer[0].login cannot be used: this issuer issues tokens to jobs, not to people",
  ],
  ["rules = 1", 'it has an unknown section "rules"'],
  ["issuer = 1", '"issuer" is not a list'],
  [
    issuer.replace('"github"\naud', '"hub"\naud'),
    "issuer[0].preset must be one of github, gitlab, kubernetes",
  ],
  [`${issuer}url2 = "x"`, 'issuer[0] has an unknown key "url2"'],
  [issuer.replace(/audience.*/, ""), "issuer[0].audience is missing"],
  [own.replace("https", "http"), "issuer[0].url must be a URL with https"],
  [own.replace("https://", "https://user:secret@"), "issuer[0].url must be a URL with https"],
  [own.replace(/url.*/, 'preset = "kubernetes"'), "issuer[0].url is missing"],
  [`${issuer}${issuer}`, 'the issuer "github" is listed twice'],
  [`${own}${own.replace('"own"', '"other"')}`, 'the URL "https://id.example" is listed twice'],
  [bindOf('claims = { sub = "x" }'), 'bind[0].issuer "github" is not listed'],
  [`${issuer}${bindOf("")}`, "bind[0].claims is missing"],
  [`${issuer}${bindOf("claims = { sub = 1 }")}`, "bind[0].claims.sub must be a text"],
  // All users of GitHub have such tokens.
  [
    `${issuer}${bindOf('claims = { ref = "refs/heads/main" }')}`,
    "bind[0].claims must name one of repository_id",
  ],
  // A property that all objects have is no claim of a preset.
  [`${issuer}${bindOf('claims = { constructor = "x" }')}`, "bind[0].claims must name one of repository_id"],
  [`${issuer}${bindOf('claims = { repository = "*" }')}`, "bind[0].claims must name one of repository_id"],
  [`${own}${bindOf('claims = { sub = "*" }', "own")}`, "bind[0].claims must name one beside iss and aud"],
  [`${own}${bindOf('claims = { aud = "slipway" }', "own")}`, "bind[0].claims must name one beside iss"],
  ...['repository = "acme*"', 'repository_id = "1*"', 'sub = "repo:*"', 'sub = "repo:acme*"'].map((claim) => [
    `${issuer}${bindOf(`claims = { ${claim} }`)}`,
    "bind[0].claims must name one of repository_id",
  ]),
  [
    `${own.replace("id.example", "token.actions.githubusercontent.com")}${bindOf('claims = { ref = "x" }', "own")}`,
    "bind[0].claims must name one of repository_id",
  ],
  [
    `${own}${bindOf('claims = { sub = "x" }\nprincipal = "{sub"', "own")}`,
    "bind[0].principal must have claims",
  ],
  [
    `${own}${bindOf('claims = { sub = "x" }', "own").replace("builder", "root")}`,
    "bind[0].role must be one of",
  ],
  [`${own}${bindOf('claims = { sub = "x" }', "own").repeat(2)}`, 'the rule "main" is listed twice'],
])("refuses %j", (text, why) => {
  let error: unknown;
  try {
    parseIssuersFile("/issuers.toml", text);
  } catch (cause) {
    error = cause;
  }
  const { reason, message } = readTypedError(error);
  expect({ reason, message }).toEqual({
    reason: "ISSUERS_FILE_INVALID",
    message: expect.stringContaining(why),
  });
});
