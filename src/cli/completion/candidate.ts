/** A word that can complete the command line, and what it means. */
export type Candidate = [word: string, meaning?: string];

/** What can complete a command line. */
export interface Candidates {
  candidates: Candidate[];
  /** Names of files can, too. */
  files?: boolean;
  /** A space does not follow: more of the same word does. */
  open?: boolean;
}
