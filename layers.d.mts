/** What each room may import, by the rooms' folders. */
export const rooms: Record<string, string[]>;
/** The files behind a name that a package exports. */
export const exported: Record<string, string[]>;
/** What each room holds, in Markdown. */
export const purposes: Record<string, string>;
