import assert from 'node:assert/strict';
import { formatZodIssue } from '../../../src/core/config-error.ts';

describe('plain words for a wrong setting', () => {
  const words = formatZodIssue(['oidc']);

  it('name a type that nobody foresaw as zod does', () => {
    assert.equal(words({ code: 'invalid_type', expected: 'map', input: 1 }), 'has to be map');
  });

  it('are zod’s own where there are no better ones', () => {
    assert.equal(words({ code: 'not_multiple_of', divisor: 2, input: 1 }), undefined);
  });
});
