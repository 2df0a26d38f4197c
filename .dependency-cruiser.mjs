import { exported, rooms } from "./layers.mjs";

const names = Object.keys(rooms);
const literal = (path) => path.replace(/[.\\/-]/g, "\\$&");
/** Matches the files of a room without those of the rooms inside it. */
const filesOf = (room) => {
  const inner = names.filter((name) => name.startsWith(`${room}/`));
  const others = inner.map((name) => `(?!${literal(name.slice(room.length + 1))}/)`).join("");
  return `^${literal(room)}/${others}`;
};
const targetsOf = (name) => exported[name]?.map((file) => `^${literal(file)}$`) ?? [filesOf(name)];

/** One rule for each room, for its unit tests too: nothing but itself, generated code, and what the table names. */
const layers = names.map((room) => ({
  name: `layer ${room}`,
  comment: `${room} may import ${rooms[room].join(", ") || "no other room"}; the table is in layers.mjs`,
  severity: "error",
  from: { path: filesOf(room) },
  to: {
    path: "^(src|plugins|sdk|test|bench|fuzz|soak|scripts|clients|examples)/",
    pathNot: [
      filesOf(room),
      ...(room.startsWith("plugins/") ? [] : [filesOf("src/gen")]),
      ...rooms[room].flatMap(targetsOf),
    ],
  },
}));

export default {
  forbidden: [
    {
      name: "no-cycle",
      comment: "files of a cycle, type-only ones too, cannot be understood one at a time",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-loose-file",
      comment: "src/ and plugins/ hold named rooms only",
      severity: "error",
      from: { path: "^(src|plugins)/[^/]+$" },
      to: {},
    },
    {
      name: "no-unknown-room",
      comment: "a new room needs a line in layers.mjs",
      severity: "error",
      from: { path: "^(src|plugins)/", pathNot: names.map(filesOf) },
      to: {},
    },
    ...layers,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // The parser knows no JSX. scripts/layers.test.ts checks these files.
    exclude: { path: "^src/ui/.*\\.tsx$" },
    tsPreCompilationDeps: true,
    parser: "swc",
    tsConfig: { fileName: "tsconfig.json" },
  },
};
