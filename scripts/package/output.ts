/** Where packages are written, and what they have in common. */
export interface Output {
  /** Root folder of the checkout. */
  root: string;
  /** Folder of the packages. */
  folder: string;
  version: string;
  /** Time of all files in them. */
  mtime: Date;
}
