/**
 * Who asks for what in the tests of firestore.rules, as data: the same cases run with the evaluator in this folder and
 * on Google's emulator (functions/test/rules-official).
 */
import type { Fields, Query } from './evaluate-rules.ts';
import type { Operation } from './parse-rules.ts';

/** Stands for the time at which the server gets the request: `FieldValue.serverTimestamp()` in the client's words. */
export const SERVER_TIME = Symbol('server time');

export type Content = Readonly<
  Record<string, string | number | boolean | Date | string[] | typeof SERVER_TIME>
>;

/** Claims depend on the time of the test (second since the epoch), which nobody can set on Google's emulator. */
export interface Caller {
  readonly uid: string;
  readonly claims: (now: number) => Fields;
}

/** A `list` has the path of a collection. Writes carry the whole document as it would be afterwards. */
export interface Attempt {
  readonly operation: Operation;
  readonly path: string;
  readonly query?: Query;
  readonly document?: Content;
}

/** Of one caller, who may do either all of it or none of it. */
export interface AccessCase {
  readonly name: string;
  readonly isAllowed: boolean;
  readonly caller: Caller | null;
  readonly attempts: readonly Attempt[];
}

export const OPERATIONS = ['get', 'list', 'create', 'update', 'delete'] as const satisfies Operation[];
export const EARLIER = new Date('2026-02-01T12:00:00Z');
export const ID = { ann: 'annsNote000000000000', bob: 'bobsNote000000000000', lost: 'noOwner0000000000000' };
export const NEW_ID = 'newNote0000000000000';

export const noteOf = (owner: string) =>
  ({ owner, title: 'Milk', body: '', created: EARLIER, updated: EARLIER }) satisfies Content;
export const newNoteOf = (owner: string): Content => ({
  ...noteOf(owner),
  created: SERVER_TIME,
  updated: SERVER_TIME,
});
export const editedNoteOf = (owner: string): Content => ({
  ...noteOf(owner),
  title: 'Milk and eggs',
  updated: SERVER_TIME,
});

/** What the operation would be on one owner's documents in a collection: valid in itself, if the collection is notes. */
export function attemptOn(operation: Operation, collection: string, owner: 'ann' | 'bob' = 'ann'): Attempt {
  const path = `${collection}/${ID[owner]}`;
  switch (operation) {
    case 'get':
    case 'delete':
      return { operation, path };
    case 'list':
      return { operation, path: collection, query: { where: { owner }, limit: 100 } };
    case 'create':
      return { operation, path: `${collection}/${NEW_ID}`, document: newNoteOf(owner) };
    case 'update':
      return { operation, path, document: editedNoteOf(owner) };
  }
}

/** Ann with some claims. */
export const ann = (claims: Fields | Caller['claims']): Caller => ({
  uid: 'ann',
  claims: typeof claims === 'function' ? claims : () => claims,
});
/** Ann with roles for good. */
export const holder = (...roles: string[]) => ann({ roles, rv: 1 });
/** Ann with one role that ends some seconds from now. */
export const holderFor = (seconds: number, role: string, ...forGood: string[]) =>
  ann((now) => ({ roles: [role, ...forGood], rv: 7, rx: { [role]: now + seconds } }));
