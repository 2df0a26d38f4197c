/*
 * The tree of a parsed template. `at` is the position in its text.
 */

export type Node =
  | { kind: "text"; text: string; at: number }
  | { kind: "action"; pipe: Pipe; at: number }
  | { kind: "if" | "with" | "range"; pipe: Pipe; body: Node[]; otherwise: Node[]; at: number }
  | { kind: "template"; name: string; pipe: Pipe | undefined; at: number }
  | { kind: "break" | "continue"; at: number };

/** `$a, $b := command | command` */
export interface Pipe {
  kind: "pipe";
  /** Variables that are declared or assigned. */
  variables: string[];
  isAssignment: boolean;
  commands: Command[];
  at: number;
}

/** A function, field or value, and its arguments. */
export interface Command {
  operands: Operand[];
  at: number;
}

export type Operand =
  | Pipe
  | { kind: "dot" | "nil"; at: number }
  | { kind: "function"; name: string; at: number }
  | { kind: "field"; names: string[]; at: number }
  | { kind: "variable"; name: string; names: string[]; at: number }
  | { kind: "chain"; operand: Operand; names: string[]; at: number }
  | { kind: "bool"; value: boolean; at: number }
  | { kind: "string"; value: string; at: number }
  /** `isFloat` by its notation: 1.0 is no integer, although an argument that is an integer accepts it. */
  | { kind: "number"; value: number; isFloat: boolean; at: number };
