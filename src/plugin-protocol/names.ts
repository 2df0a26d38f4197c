/** Whether a text can be the name of a driver: lower case letters and digits, in words separated by dashes. */
export function isDriverName(text: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);
}

/** Names of plugins: those of drivers, also with dots. */
export const pluginName = /^[a-z0-9]+([.-][a-z0-9]+)*$/;

/** Whether a text can be the language of policies, which is the ending of their files: lower case letters and digits. */
export function isPolicyLanguage(text: string): boolean {
  return /^[a-z0-9]+$/.test(text);
}
