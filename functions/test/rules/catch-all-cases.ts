import assert from 'node:assert/strict';
import { SERVER_COLLECTIONS } from '../../cli/rules/check-rules.ts';
import { codeBlocks } from '../helpers/docs.ts';
import type { Attempt } from './access-cases.ts';

/** The rules of an app that ends in a catch-all, before and after the recipes of the guide, and what they allow. */

const blocks = codeBlocks('docs/guides/firestore-rules.md').filter(({ notRun }) =>
  notRun?.includes('catch-all'),
);
const [catchAll = '', named = '', excluded = '', group = ''] = blocks.map(({ code }) => code);
assert.equal(blocks.length, 4);

const app = (statements: string) => `rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /profiles/{uid} {
      allow read, write: if request.auth != null && request.auth.uid == uid;
    }
    ${statements}
  }
}`;

/** By name: the file, and whether users reach the server's collections. */
export const CATCH_ALL_RULES = new Map([
  ['before', { source: app(catchAll), isExposed: true }],
  [
    'with a block that denies',
    { source: app(`match /{c}/{d=**} { allow read, write: if false; } ${catchAll}`), isExposed: true },
  ],
  ['with named collections', { source: app(named + group), isExposed: false }],
  ['with the exclusion', { source: app(excluded + group), isExposed: false }],
]);

const content = { owner: 'ann', title: 'Milk' };

/** What a user can try on a collection and its subcollections. */
const attemptsOn = (collection: string): Attempt[] => {
  const path = `${collection}/ann`;
  const list = { operation: 'list', path: collection, query: { where: {}, limit: 10 } } as const;
  return [
    { operation: 'get', path },
    list,
    { operation: 'update', path, document: content },
    { operation: 'create', path: `${collection}/new`, document: content },
    { operation: 'delete', path },
    { operation: 'get', path: `${path}/parts/p` },
  ];
};
const groupOf = (path: string): Attempt => ({
  operation: 'list',
  path,
  query: { where: {}, limit: 10, isGroup: true },
});

export const ON_OURS: readonly Attempt[] = SERVER_COLLECTIONS.flatMap((name) => [
  ...attemptsOn(name),
  groupOf(name),
]);
/** As open before as after. */
export const ON_THE_APPS: readonly Attempt[] = [...attemptsOn('posts'), groupOf('comments')];
export const STORED_BY_THE_APP: readonly string[] = [...SERVER_COLLECTIONS, 'posts'].flatMap((name) => [
  `${name}/ann`,
  `${name}/ann/parts/p`,
]);

export const describeAttempt = ({ operation, path, query }: Attempt) =>
  `${operation} ${path}${query?.isGroup ? ', as a collection group' : ''}`;
