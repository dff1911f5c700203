import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.ts';
import { codesIn, tableUnder } from '../../helpers/docs.ts';

describe('the app shells of docs/reference/compatibility.md', () => {
  const origins = tableUnder('docs/reference/compatibility.md', '## App shells').flatMap(([, origin]) =>
    codesIn(origin).map((code) => code.replace('<id>', 'abcdefghijklmnop')),
  );

  it('have origins that ALLOWED_ORIGINS accepts', () => {
    assert.ok(origins.length >= 9);
    const { allowedOrigins } = loadConfig({ GCLOUD_PROJECT: 'shop', ALLOWED_ORIGINS: origins.join() });
    assert.deepEqual(allowedOrigins.slice(2), origins);
  });
});
