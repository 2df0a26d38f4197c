/**
 * Programs in the PATH of the lab and of tests on backends, each with its Debian package. Beyond these, PATH has only
 * Node's programs, `go`, and those of Debian's essential packages. So a program that is missing from this list fails on
 * every machine, even where it is installed.
 */
export const programs = {
  as: "binutils",
  buildah: "buildah",
  busybox: "busybox-static",
  "chromium-headless-shell": "chromium-headless-shell",
  containerd: "containerd",
  "containerd-shim-runc-v2": "containerd",
  ctr: "containerd",
  curl: "curl",
  debootstrap: "debootstrap",
  docker: "docker.io",
  "docker-init": "docker.io",
  "docker-registry": "docker-registry",
  dockerd: "docker.io",
  etcd: "etcd-server",
  fish: "fish",
  "fuse-overlayfs": "fuse-overlayfs",
  gcc: "gcc",
  git: "git",
  groff: "groff-base",
  grotty: "groff-base",
  ip: "iproute2",
  ip6tables: "iptables",
  iptables: "iptables",
  java: "openjdk-17-jre-headless",
  javac: "openjdk-17-jdk-headless",
  jq: "jq",
  ld: "binutils",
  modprobe: "kmod",
  mount: "mount",
  "mount.fuse3": "fuse3",
  mvn: "maven",
  newgidmap: "uidmap",
  newuidmap: "uidmap",
  openssl: "openssl",
  "pkg-config": "pkgconf",
  podman: "podman",
  ps: "procps",
  python3: "python3-minimal",
  rootlesskit: "rootlesskit",
  runc: "runc",
  skopeo: "skopeo",
  ssh: "openssh-client",
  "ssh-add": "openssh-client",
  "ssh-agent": "openssh-client",
  "ssh-keygen": "openssh-client",
  sshd: "openssh-server",
  "systemd-socket-activate": "systemd",
  time: "time",
  troff: "groff-base",
  umoci: "umoci",
  umount: "mount",
  zsh: "zsh",
} as const;

/** Additional packages, whose programs are not in PATH. */
export const furtherPackages = [
  "ca-certificates",
  "containernetworking-plugins",
  "golang-go",
  "libc6-dev",
  "libfaketime",
  "libseccomp-dev",
  "python3-venv",
] as const;

/** Name of a declared program. */
export type Program = keyof typeof programs;
