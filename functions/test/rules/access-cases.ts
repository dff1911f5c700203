/**
 * The cases of the tests of firestore.rules, as data. The same cases run with the evaluator in this folder and
 * on Google's emulator (functions/test/rules-official).
 */

import type { Operation } from '../../cli/rules/syntax-tree.ts';
import type { Fields, Query } from './evaluate-rules.ts';

/** Stands for the server's time of the request; clients send `FieldValue.serverTimestamp()`. */
export const SERVER_TIME = Symbol('server time');

export type Content = Readonly<
  Record<string, string | number | boolean | Date | string[] | typeof SERVER_TIME>
>;

/** Claims depend on the time of the test (seconds since the epoch), because Google's emulator has no settable clock. */
export interface Caller {
  readonly uid: string;
  readonly claims: (now: number) => Fields;
}

/** A `list` has the path of a collection. A write has the whole document as it would be afterwards. */
export interface Attempt {
  readonly operation: Operation;
  readonly path: string;
  readonly query?: Query;
  readonly document?: Content;
}

/** Attempts of one caller, all of them allowed or all of them refused. */
export interface AccessCase {
  readonly name: string;
  readonly isAllowed: boolean;
  readonly caller: Caller | null;
  readonly attempts: readonly Attempt[];
}

export const OPERATIONS = ['get', 'list', 'create', 'update', 'delete'] as const satisfies Operation[];
export const EARLIER = new Date('2026-02-01T12:00:00Z');
export const ID = {
  ann: 'annsNote000000000000',
  bob: 'bobsNote000000000000',
  lost: 'noOwner0000000000000',
  old: 'noVersion00000000000',
};
export const NEW_ID = 'newNote0000000000000';

export const noteOf = (owner: string) =>
  ({ owner, title: 'Milk', body: '', version: 1, created: EARLIER, updated: EARLIER }) satisfies Content;
export const newNoteOf = (owner: string): Content => ({
  ...noteOf(owner),
  created: SERVER_TIME,
  updated: SERVER_TIME,
});
export const editedNoteOf = (owner: string): Content => ({
  ...noteOf(owner),
  title: 'Milk and eggs',
  version: 2,
  updated: SERVER_TIME,
});

/** The operation on a document of this owner in a collection. It is valid if the collection is `notes`. */
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

/** Ann with these claims. */
export const ann = (claims: Fields | Caller['claims']): Caller => ({
  uid: 'ann',
  claims: typeof claims === 'function' ? claims : () => claims,
});
/** Ann with permanent roles. */
export const holder = (...roles: string[]) => ann({ roles, rv: 1 });
/** Ann with one role that expires in some seconds, and permanent ones. */
export const holderFor = (seconds: number, role: string, ...permanent: string[]) =>
  ann((now) => ({ roles: [role, ...permanent], rv: 7, rx: { [role]: now + seconds } }));
