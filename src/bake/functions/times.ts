import { readGoDuration } from "../../util/go-values.js";
import type { HclFunction } from "../hcl/evaluate.js";
import { HclNumber } from "../hcl/number.js";
import { Mapping, type Value } from "../hcl/value.js";
import { ArgumentError, fn, number, numberOf, text } from "./arguments.js";

/** Functions of times. */
export const timeFunctions: Record<string, HclFunction> = {
  timestamp: fn([], () => rfc3339({ ms: Math.floor(Date.now() / 1000) * 1000, offset: 0 })),
  timeadd: fn(["string", "string"], (value, duration) => {
    const time = parseTime(text(value));
    const ms = readGoDuration(text(duration));
    if (ms === undefined) throw new ArgumentError(`not a valid duration: ${JSON.stringify(text(duration))}`);
    return rfc3339({ ...time, ms: time.ms + ms });
  }),
  formatdate: fn(["string", "string"], (pattern, value) => formatTime(text(pattern), parseTime(text(value)))),
  formattimestamp: fn(["string", "dynamic"], (pattern, value) => {
    const time = value instanceof HclNumber ? unixTime(value) : parseTime(text(value));
    return text(pattern) === "X" ? String(Math.floor(time.ms / 1000)) : formatTime(text(pattern), time);
  }),
  unixtimestampparse: fn(["number"], (value) => timeParts(unixTime(number(value)))),
};

interface Time {
  /** Since 1970, in UTC. */
  ms: number;
  /** Minutes east of UTC. */
  offset: number;
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function parseTime(value: string): Time {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/.exec(value);
  const ms = match ? Date.parse(value) : Number.NaN;
  if (!match || Number.isNaN(ms))
    throw new ArgumentError(`not a valid RFC3339 timestamp: ${JSON.stringify(value)}`);
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return { ms, offset: match[1] === "-" ? -minutes : minutes };
}

function unixTime(value: HclNumber): Time {
  if (!value.isInteger) throw new ArgumentError("unix timestamp must be an integer");
  return { ms: Number(value.numerator) * 1000, offset: 0 };
}

function local({ ms, offset }: Time): Date {
  return new Date(ms + offset * 60_000);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function zone(offset: number, separator: string): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}

function rfc3339(time: Time): string {
  const date = local(time).toISOString();
  const fraction = time.ms % 1000 === 0 ? "" : date.slice(19, 23).replace(/0+$/, "");
  return `${date.slice(0, 19)}${fraction}${time.offset === 0 ? "Z" : zone(time.offset, ":")}`;
}

function formatTime(pattern: string, time: Time): string {
  const date = local(time);
  const hour = date.getUTCHours();
  const hour12 = hour % 12 || 12;
  const half = hour < 12 ? "AM" : "PM";
  const verbs: Record<string, () => string> = {
    YYYY: () => String(date.getUTCFullYear()).padStart(4, "0"),
    YY: () => two(date.getUTCFullYear() % 100),
    MMMM: () => months[date.getUTCMonth()]!,
    MMM: () => months[date.getUTCMonth()]!.slice(0, 3),
    MM: () => two(date.getUTCMonth() + 1),
    M: () => String(date.getUTCMonth() + 1),
    DD: () => two(date.getUTCDate()),
    D: () => String(date.getUTCDate()),
    EEEE: () => days[date.getUTCDay()]!,
    EEE: () => days[date.getUTCDay()]!.slice(0, 3),
    hh: () => two(hour),
    h: () => String(hour),
    HH: () => two(hour12),
    H: () => String(hour12),
    AA: () => half,
    aa: () => half.toLowerCase(),
    mm: () => two(date.getUTCMinutes()),
    m: () => String(date.getUTCMinutes()),
    ss: () => two(date.getUTCSeconds()),
    s: () => String(date.getUTCSeconds()),
    ZZZZZ: () => zone(time.offset, ":"),
    ZZZZ: () => zone(time.offset, ""),
    ZZZ: () => (time.offset === 0 ? "UTC" : zone(time.offset, "")),
    Z: () => (time.offset === 0 ? "Z" : zone(time.offset, ":")),
  };
  return pattern.replace(/'((?:[^']|'')*)'|(')|([a-zA-Z])\3*/g, (token, quoted: string | undefined, open) => {
    if (open) throw new ArgumentError("unterminated literal '");
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    const format = verbs[token];
    if (!format) throw new ArgumentError(`invalid date format verb ${JSON.stringify(token)}`);
    return format();
  });
}

function timeParts(time: Time): Value {
  const date = local(time);
  const year = date.getUTCFullYear();
  const yearDay =
    (Date.UTC(year, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
  const iso = isoWeek(date);
  return new Mapping(
    Object.entries({
      year: numberOf(year),
      year_day: numberOf(yearDay),
      day: numberOf(date.getUTCDate()),
      month: numberOf(date.getUTCMonth() + 1),
      month_name: months[date.getUTCMonth()]!,
      weekday: numberOf(date.getUTCDay()),
      weekday_name: days[date.getUTCDay()]!,
      hour: numberOf(date.getUTCHours()),
      minute: numberOf(date.getUTCMinutes()),
      second: numberOf(date.getUTCSeconds()),
      rfc3339: rfc3339(time),
      iso_year: numberOf(iso.year),
      iso_week: numberOf(iso.week),
    }),
  );
}

/** The year and the week that the Thursday of the same week is in. */
function isoWeek(date: Date): { year: number; week: number } {
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const thursday = new Date(day + (4 - (date.getUTCDay() || 7)) * 86_400_000);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7) };
}
