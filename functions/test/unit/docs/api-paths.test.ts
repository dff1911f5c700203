import assert from 'node:assert/strict';
import { COMMAND_PAGES, codeBlocks, codesIn, tableUnder } from '../../helpers/docs.ts';

/** `api()` of the guides adds `/api/v1` to the path that it gets. */
const CALL = /\bapi\(\s*(['`])(?<path>\/.*?)\1(?:, \{\s*method: '(?<method>\w+)')?/g;

const PLACE = /\$?\{[^}]*\}/g;

describe('calls of api() in the guides', () => {
  it('have the method and the path of an operation', () => {
    const operations = new Set(
      tableUnder('docs/reference/http-api.md', '## Overview').flatMap(([operation]) => codesIn(operation)),
    );
    const known = new Set([...operations].map((operation) => operation.replaceAll(PLACE, '*')));
    const calls = COMMAND_PAGES.flatMap(codeBlocks).flatMap(({ page, code }) =>
      [...code.matchAll(CALL)].map(({ groups: { path = '', method = 'GET' } = {} }) => ({
        page,
        call: `${method} ${path.replace(/\?.*/, '').replaceAll(PLACE, '*')}`,
      })),
    );
    assert.ok(calls.length >= 8, `${calls.length}`);
    assert.deepEqual(
      calls.filter(({ call }) => !known.has(call)),
      [],
    );
  });
});
