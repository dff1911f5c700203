import assert from 'node:assert/strict';
import { formatZodIssue } from '../../../src/core/config-error.ts';

describe('formatZodIssue', () => {
  const format = formatZodIssue(['oidc']);

  it('uses the name of zod for an unknown type', () => {
    assert.equal(format({ code: 'invalid_type', expected: 'map', input: 1 }), 'has to be map');
  });

  it('returns nothing where it has no better text than zod', () => {
    assert.equal(format({ code: 'not_multiple_of', divisor: 2, input: 1 }), undefined);
  });
});
