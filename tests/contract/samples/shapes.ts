// generated: `contract ts`; do not edit. Contract e278b0cb
import type { Contract, Described } from "salon-client";

/** A name beside each. */
export type Adjacent =
  | { t: "Nothing" }
  | { t: "One"; c: string }
  | { t: "Two"; c: [string, number] }
  | { t: "Named"; c: { a: number } };
/** Nothing but itself. */
export type Chain = unknown;
/** What the standard library has. */
export interface Collections {
  boxed: string;
  character: string;
  deep: ([number, boolean] | null)[][];
  many: number[];
  map: { [key: string]: (number | null)[] };
  named: { [key: string]: boolean };
  numbered: { [key: string]: string };
  pair: [number, string];
  result: Result_of_uint8_or_string;
  set: string[];
  three: [number, number, number];
  unit: null;
  value: unknown;
}
/** Nothing else is taken. */
export interface Exact { a: boolean }
/** A name around each. */
export type External =
  | "Nothing"
  | { One: string }
  | { Two: [string, number] }
  | { Named: { a: number; b: number | null } };
/** A name around each. */
export type ExternalInput =
  | "Nothing"
  | { One: string }
  | { Two: [string, number] }
  | { Named: { a: number; b?: number | null } };
/** Fields of another, and any others. */
export interface Flat { firstName: string; "last-name": string; [key: string]: number | string }
/** One of several, among fields. */
export type FlatChoice = { id: number } & (
  | { type: "nothing" }
  | ({ type: "other" } & Renamed)
  | { type: "named_so"; a: number });
/** Something with a type in it. */
export interface Generic { of: Generic2 }
/** Something with a type in it. */
export interface Generic2 { of: number }
/** A name among the fields of each. */
export type Internal =
  | { type: "nothing" }
  | ({ type: "other" } & Renamed)
  | { type: "named_so"; a: number };
/** What may be missing, and what is never there. */
export interface Missing {
  count: number;
  list: number[];
  maybe: string | null;
  rare?: boolean | null;
  told: number;
}
/** What may be missing, and what is never there. */
export interface MissingInput {
  /** @default 1 */
  count?: number;
  /** @default [] */
  list?: number[];
  maybe?: string | null;
  rare?: boolean | null;
  secret?: string;
}
/** Names alone. */
export type Names = "SECOND-ONE" | "FIRST-ONE" | "LAST-ONE";
/** A list of lists. */
export type Nested = Nested[];
/** No fields at all. */
export interface Nothing { [key: string]: unknown }
/** What may be extended. */
export type Open = "A" | "B" | (string & {});
/** Names that are others in JSON. */
export interface Renamed { firstName: string; "last-name": string }
export type Result_of_uint8_or_string = { Ok: number } | { Err: string };
/** Numbers that JavaScript cannot have, bytes, and what somebody else writes. */
export interface Special {
  "9 lives \"*\/": number;
  /** @format date-time */
  at: string;
  /** Bytes, as base64. */
  bytes: string;
  for: number;
  large: number;
  /** @deprecated */
  old: number;
  safe: number;
  span: number;
}
/** What is in itself. */
export interface Tree { children: Tree[]; parent: Tree | null; value: number }
/** What is in itself. */
export interface TreeInput { children: TreeInput[]; parent?: TreeInput | null; value: number }
/** As it looks. */
export type Untagged = string | number | { number: number; text: string } | null;
/** Fields that are called as words of JSON Schema. */
export interface Words {
  default: Missing;
  properties: Exact;
  reference: Exact | null;
  required: boolean;
}
/** Fields that are called as words of JSON Schema. */
export interface WordsInput {
  default: MissingInput;
  properties: Exact;
  reference?: Exact | null;
  required: boolean;
}
/** A name that TypeScript has. */
export interface string_ { other: Generic | null }
/** A name that TypeScript has. */
export interface stringInput { other?: Generic | null }
/** What clients of `/` send and get. */
export interface Main extends Contract {
  hash: "e278b0cb";
  up: {
    "up:Adjacent": { in: Adjacent; out: void };
    "up:Collections": { in: Collections; out: void };
    "up:Exact": { in: Exact; out: void };
    "up:External": { in: ExternalInput; out: void };
    "up:Flat": { in: Flat; out: void };
    "up:FlatChoice": { in: FlatChoice; out: void };
    "up:Internal": { in: Internal; out: void };
    "up:Missing": { in: MissingInput; out: void };
    "up:Names": { in: Names; out: void };
    "up:Nested": { in: Nested; out: Chain };
    "up:Nothing": { in: Nothing; out: void };
    "up:Open": { in: Open; out: void };
    "up:Renamed": { in: Renamed; out: void };
    "up:Special": { in: Special; out: void };
    "up:Taken": { in: stringInput; out: void };
    "up:Tree": { in: TreeInput; out: void };
    "up:Untagged": { in: Untagged; out: void };
    "up:Words": { in: WordsInput; out: void };
  };
  down: {
    "down:Adjacent": { data: Adjacent };
    "down:Collections": { data: Collections };
    "down:Exact": { data: Exact };
    "down:External": { data: External };
    "down:Flat": { data: Flat };
    "down:FlatChoice": { data: FlatChoice };
    "down:Internal": { data: Internal };
    "down:Missing": { data: Missing };
    "down:Names": { data: Names };
    "down:Nothing": { data: Nothing };
    "down:Open": { data: Open };
    "down:Renamed": { data: Renamed };
    "down:Special": { data: Special };
    "down:Taken": { data: string_ };
    "down:Tree": { data: Tree };
    "down:Untagged": { data: Untagged };
    "down:Words": { data: Words };
  };
  ask: {};
  presence: {};
}

/** What the client needs at run time. */
export const main: Described<Main> = {
  hash: "e278b0cb",
  keys: {},
  positional: [],
};
