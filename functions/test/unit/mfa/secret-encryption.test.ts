import assert from 'node:assert/strict';
import { decryptSecret, encryptSecret } from '../../../src/mfa/secret-encryption.ts';

const key = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte).toString('base64url') });
const OLD = key('old', 1);
const NEW = key('new', 2);
const OWNER = { user: 'ada', factor: 'f1' };

/** The text with one character of a part of the JWE changed. */
function changed(jwe: string, part: number): string {
  const parts = jwe.split('.');
  const text = parts[part] ?? assert.fail('no such part');
  parts[part] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  return parts.join('.');
}

describe('secret encryption', () => {
  it('encrypts with the first key, and names it in the header', async () => {
    const encrypted = await encryptSecret([NEW, OLD], 'JBSWY3DP', OWNER);
    const header = JSON.parse(Buffer.from(encrypted.split('.')[0] ?? '', 'base64url').toString());
    assert.deepEqual(header, { alg: 'dir', enc: 'A256GCM', kid: 'new', sub: 'ada', factor: 'f1' });
    assert.ok(!Buffer.from(encrypted.split('.')[3] ?? '', 'base64url').includes('JBSWY3DP'));
    assert.equal(await decryptSecret([NEW], encrypted, OWNER), 'JBSWY3DP');
  });

  it('encrypts the same secret to another text each time', async () => {
    const texts = await Promise.all([1, 2].map(() => encryptSecret([NEW], 'JBSWY3DP', OWNER)));
    assert.notEqual(texts[0], texts[1]);
  });

  it('decrypts with any of the keys', async () => {
    const encrypted = await encryptSecret([OLD], 'JBSWY3DP', OWNER);
    assert.equal(await decryptSecret([NEW, OLD], encrypted, OWNER), 'JBSWY3DP');
    await assert.rejects(decryptSecret([NEW], encrypted, OWNER), /no key "old" in MFA_ENCRYPTION_KEYS/);
  });

  it('refuses another key with the same id', async () => {
    const encrypted = await encryptSecret([key('k1', 1)], 'JBSWY3DP', OWNER);
    await assert.rejects(decryptSecret([key('k1', 2)], encrypted, OWNER), {
      code: 'ERR_JWE_DECRYPTION_FAILED',
    });
  });

  for (const owner of [
    { user: 'eve', factor: 'f1' },
    { user: 'ada', factor: 'f2' },
  ]) {
    it(`refuses the secret of another factor as that of ${owner.user}, ${owner.factor}`, async () => {
      const encrypted = await encryptSecret([NEW], 'JBSWY3DP', OWNER);
      await assert.rejects(decryptSecret([NEW], encrypted, owner), /belongs to another factor/);
    });
  }

  for (const [part, name] of [
    [2, 'initialization vector'],
    [3, 'ciphertext'],
    [4, 'authentication tag'],
  ] as const) {
    it(`refuses a text with a changed ${name}`, async () => {
      const encrypted = await encryptSecret([NEW], 'JBSWY3DP', OWNER);
      await assert.rejects(decryptSecret([NEW], changed(encrypted, part), OWNER), {
        code: 'ERR_JWE_DECRYPTION_FAILED',
      });
    });
  }

  it('refuses a header with another owner: it is authenticated', async () => {
    const [header = '', ...rest] = (await encryptSecret([NEW], 'JBSWY3DP', OWNER)).split('.');
    const text = Buffer.from(header, 'base64url').toString().replace('ada', 'eve');
    const forged = [Buffer.from(text).toString('base64url'), ...rest].join('.');
    await assert.rejects(decryptSecret([NEW], forged, { ...OWNER, user: 'eve' }), {
      code: 'ERR_JWE_DECRYPTION_FAILED',
    });
  });

  it('fails without a key, and names the secret that is missing', async () => {
    const encrypted = await encryptSecret([NEW], 'JBSWY3DP', OWNER);
    await assert.rejects(encryptSecret([], 'JBSWY3DP', OWNER), /MFA_ENCRYPTION_KEYS: is missing/);
    await assert.rejects(decryptSecret([], encrypted, OWNER), /MFA_ENCRYPTION_KEYS: is missing/);
  });
});
