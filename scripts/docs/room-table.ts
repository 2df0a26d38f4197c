import { purposes, rooms } from "../../layers.mjs";

/** The rooms of the code base as a Markdown table, from the bottom to the top. */
export function renderRooms(): string {
  const rows = Object.entries(rooms).map(([room, imports]) => {
    const names = imports.map((name) => name.replace(/^src\//, "")).join(", ");
    return `| \`${room}\` | ${purposes[room]} | ${names} |`;
  });
  return ["| room | what it holds | may import |", "| --- | --- | --- |", ...rows].join("\n");
}
