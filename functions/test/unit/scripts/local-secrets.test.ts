import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addLocalSecrets } from '../../../scripts/local-secrets.ts';
import { readMfaKeys } from '../../../src/core/mfa-keys.ts';

describe('local secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'local-secrets-'));
  const file = join(folder, '.secret.local');
  afterEach(() => rmSync(file, { force: true }));
  after(() => rmSync(folder, { recursive: true }));

  const add = (text?: string) => {
    if (text !== undefined) writeFileSync(file, text);
    addLocalSecrets(file);
    return readFileSync(file, 'utf8');
  };

  it('are generated once, in a file that only its owner reads', () => {
    const text = add();
    assert.match(text, /^MFA_ENCRYPTION_KEYS=k[0-9a-f]{8}:[\w-]{43}\n$/);
    assert.equal(readMfaKeys(text.replace('MFA_ENCRYPTION_KEYS=', '')).length, 1);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(add(), text);
  });

  it('differ from file to file', () => {
    const first = add();
    rmSync(file);
    assert.notEqual(add(), first);
  });

  for (const text of ['STRIPE_KEY=sk_test', 'STRIPE_KEY=sk_test\n']) {
    it(`are added to those of an adopter: ${JSON.stringify(text)}`, () => {
      assert.match(add(text), /^STRIPE_KEY=sk_test\nMFA_ENCRYPTION_KEYS=k[^\n]+\n$/);
    });
  }

  it('stay when an adopter has set them', () => {
    const text = 'MFA_ENCRYPTION_KEYS=k1:AAAA';
    assert.equal(add(text), text);
  });
});
