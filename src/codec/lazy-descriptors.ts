/** What descriptions of files, messages, enumerations and services have. */
const properties = [
  "kind",
  "proto",
  "deprecated",
  "edition",
  "name",
  "dependencies",
  "enums",
  "messages",
  "extensions",
  "services",
  "typeName",
  "file",
  "parent",
  "fields",
  "field",
  "oneofs",
  "members",
  "nestedEnums",
  "nestedMessages",
  "nestedExtensions",
  "open",
  "sharedPrefix",
  "values",
  "value",
  "methods",
  "method",
  "toString",
];

const makers = new WeakMap<object, () => object>();

/** The prototype of descriptions that nobody has read. */
const unread = Object.create(
  Object.prototype,
  Object.fromEntries(properties.map((name) => [name, reader(name)])),
);

function reader(name: string): PropertyDescriptor {
  return {
    configurable: true,
    get() {
      return Reflect.get(fill(this), name);
    },
  };
}

/**
 * A description that is made when something of it is read. Most programs import those of many messages and read few: to
 * make them all takes a fifth of the start of a plugin.
 */
export function lazyDescriptor<T extends object>(make: () => T): T {
  const description = Object.create(unread);
  makers.set(description, make);
  return description;
}

function fill(description: object): object {
  const make = makers.get(description)!;
  Object.setPrototypeOf(description, Object.prototype);
  return Object.assign(description, make());
}
