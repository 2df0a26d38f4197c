/** Keys of the advisory locks in the database; all are those of a transaction. Random, so that no other program has them. */
export const locks = {
  /** Changing the schema. */
  migration: 7_216_450_981_001,
  /** Taking builds over. */
  takeover: 7_216_450_981_002,
  /** Removing old builds. */
  alone: 7_216_450_981_003,
  /** Giving places in the queue. */
  queue: 7_216_450_981_004,
} as const;
