import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Struct, type Value } from "../../template/values.js";
import { goTime, rfc3339, zeroTime } from "./go-time.js";
import { goDuration } from "./human.js";

/** A time in UTC as a value of templates, with the most used methods of Go's `time.Time`. */
export function timeValue(time: Timestamp | undefined): Struct {
  const ms = time ? Number(time.seconds) * 1000 + Math.trunc(time.nanos / 1e6) : Date.parse(zeroTime);
  const text = time ? goTime(time) : "0001-01-01 00:00:00 +0000 UTC";
  const json = JSON.stringify(time ? rfc3339(time) : zeroTime);
  const value: Struct = new Struct(
    "time.Time",
    {
      IsZero: () => time === undefined,
      Unix: () => Math.floor(ms / 1000),
      UnixMilli: () => ms,
      UTC: () => value,
      Local: () => value,
      String: () => text,
      Format: (layout: Value) => formatTime(new Date(ms), String(layout)),
    },
    { text, json: () => json },
  );
  return value;
}

/** A duration in nanoseconds as a value of templates. */
export function durationValue(nanoseconds: number): Struct {
  const text = goDuration(nanoseconds / 1e6);
  return new Struct(
    "time.Duration",
    {
      Nanoseconds: () => nanoseconds,
      Milliseconds: () => Math.trunc(nanoseconds / 1e6),
      String: () => text,
    },
    { text, basic: nanoseconds },
  );
}

const months = "January February March April May June July August September October November December".split(
  " ",
);
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Go's layout of a time: a text that shows 2006-01-02 15:04:05 in the wanted form. */
function formatTime(date: Date, layout: string): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const [month, day] = [months[date.getUTCMonth()]!, days[date.getUTCDay()]!];
  const [hour, minute, second] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const milliseconds = String(date.getUTCMilliseconds()).padStart(3, "0");
  const parts: Record<string, string> = {
    "2006": String(date.getUTCFullYear()).padStart(4, "0"),
    "06": two(date.getUTCFullYear() % 100),
    January: month,
    Jan: month.slice(0, 3),
    "01": two(date.getUTCMonth() + 1),
    "1": String(date.getUTCMonth() + 1),
    Monday: day,
    Mon: day.slice(0, 3),
    "02": two(date.getUTCDate()),
    _2: String(date.getUTCDate()).padStart(2),
    "2": String(date.getUTCDate()),
    "15": two(hour),
    "03": two(hour % 12 || 12),
    "3": String(hour % 12 || 12),
    "04": two(minute),
    "4": String(minute),
    "05": two(second),
    "5": String(second),
    PM: hour < 12 ? "AM" : "PM",
    pm: hour < 12 ? "am" : "pm",
    ".000": `.${milliseconds}`,
    MST: "UTC",
    "Z07:00": "Z",
    "-0700": "+0000",
    "-07:00": "+00:00",
  };
  return layout.replace(
    /2006|January|Jan|Monday|Mon|MST|Z07:00|-07:00|-0700|\.000|0[1-6]|15|_2|[1-5]|PM|pm/g,
    (part) => parts[part]!,
  );
}
