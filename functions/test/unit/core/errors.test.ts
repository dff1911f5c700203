import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  AppError,
  ERRORS,
  type ErrorCode,
  invalidToken,
  toAppError,
  unavailable,
} from '../../../src/core/errors.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];
/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, in the spelling of callables. */
const CALLABLE_STATUS: Record<string, readonly number[]> = {
  unauthenticated: [401],
  'permission-denied': [403],
  'invalid-argument': [400, 413, 415],
  'not-found': [404, 405],
  'already-exists': [409],
  'failed-precondition': [409, 428],
  aborted: [409, 412],
  'resource-exhausted': [429],
  unavailable: [503],
  internal: [500],
};

describe('errors', () => {
  it('are in docs/reference/errors.md, each once, with the same status and callable code', () => {
    const text = readFileSync(new URL('../../../../docs/reference/errors.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| ([a-z-]+) \|(.*)$/gm)];
    assert.deepEqual(
      rows.map(([, code, status, callable]) => [code, Number(status), callable]),
      CODES.map((code) => [code, ERRORS[code].status, ERRORS[code].callable]),
    );
    for (const [row, , , , explanation = ''] of rows) assert.match(explanation, /^ .{10,} \|$/, row);
  });

  it('have a callable code that fits their status', () => {
    for (const code of CODES) {
      const { status, callable } = ERRORS[code];
      assert.ok(CALLABLE_STATUS[callable]?.includes(status), code);
    }
  });

  it('have distinct titles, except for the two version conflicts', () => {
    const titles = CODES.filter((code) => code !== 'precondition_failed').map((code) => ERRORS[code].title);
    assert.equal(new Set(titles).size, titles.length);
    assert.equal(ERRORS.precondition_failed.title, ERRORS.version_mismatch.title);
  });

  it('have their title as the default message', () => {
    for (const code of CODES) {
      const error = new AppError(code);
      assert.deepEqual([error.code, error.message, error.name], [code, ERRORS[code].title, 'AppError']);
    }
  });

  it('keep reason and cause out of the public message', () => {
    const cause = new Error('internal detail');
    const error = invalidToken('wrong-audience', { logDetail: 'aud', cause });
    assert.deepEqual([error.code, error.reason], ['invalid_token', 'wrong-audience']);
    assert.deepEqual([error.logDetail, error.cause], ['aud', cause]);
    assert.ok(!/audience|detail/.test(error.message));
  });

  it('say when to retry if a retry can help', () => {
    const error = unavailable('getUser');
    assert.deepEqual([error.code, error.logDetail, error.retryAfter], ['unavailable', 'getUser', 5]);
    assert.ok(!error.message.includes('getUser'));
  });

  it('are returned unchanged by toAppError', () => {
    const error = new AppError('not_found');
    assert.equal(toAppError(error), error);
  });

  const unexpected = {
    'an Error': new Error('secret'),
    'a string': 'secret',
    undefined,
    null: null,
    'a lookalike': { code: 'not_found', message: 'secret' },
  };
  for (const [what, thrown] of Object.entries(unexpected)) {
    it(`become the same "internal" error with no public detail: ${what}`, () => {
      const error = toAppError(thrown);
      assert.deepEqual([error.code, error.cause], ['internal', thrown]);
      assert.ok(!error.message.includes('secret'));
    });
  }
});
