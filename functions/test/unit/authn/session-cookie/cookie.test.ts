import assert from 'node:assert/strict';
import {
  cookieDomainsOf,
  sessionCookieOf,
  setCookieHeaders,
} from '../../../../src/authn/session-cookie/cookie.ts';
import { requestWith } from '../../../helpers/credential-request.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { cookieValue } from '../../../helpers/session-port.ts';

const VALUE = cookieValue('a');
const read = (...cookie: string[]) => sessionCookieOf(requestWith({ cookie }));

describe('session cookie', () => {
  const found: Record<string, string[]> = {
    alone: [`__session=${VALUE}`],
    'among others': [`theme=dark; __session=${VALUE}; lang=de`],
    'without spaces': [`theme=dark;__session=${VALUE};lang=de`],
    'in the second header line': ['theme=dark', `__session=${VALUE}`],
    'beside a __session of another application': [`__session=eyJ; __session=${VALUE}`],
  };
  for (const [where, lines] of Object.entries(found)) {
    it(`is found ${where}`, () => assert.equal(read(...lines), VALUE));
  }

  const ignored: Record<string, string> = {
    'no cookie': '',
    'another name that ends the same': `my__session=${VALUE}`,
    'another name that begins the same': `__session2=${VALUE}`,
    'another case': `__SESSION=${VALUE}`,
    'the name inside a value': `a=__session=${VALUE}`,
    'a name without a value': '__session',
    'an empty value': '__session=',
    'a JWT': '__session=eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
    'a shorter value': `__session=${VALUE.slice(0, -1)}`,
    'a longer value': `__session=${VALUE}a`,
    'a quoted value': `__session="${VALUE}"`,
    'an encoded value': `__session=${VALUE.replace('gs1_', 'gs1%5F')}`,
    'another prefix': `__session=${VALUE.replace('gs1', 'gs2')}`,
    'a character outside base64url': `__session=${VALUE.slice(0, -1)}+`,
  };
  for (const [what, line] of Object.entries(ignored)) {
    it(`is not ${what}: that may belong to another application`, () => assert.equal(read(line), undefined));
  }

  it('is refused twice in a request, since another host may have set one', async () => {
    for (const lines of [
      [`__session=${VALUE}; __session=${cookieValue('b')}`],
      [`__session=${VALUE}; __session=${VALUE}`],
      [`__session=${VALUE}`, `__session=${cookieValue('b')}`],
    ])
      await assertRefused(() => read(...lines), 'invalid_request', 'several-credentials');
  });

  it('is set for this host only, out of reach of scripts and of cross-site requests', () => {
    assert.deepEqual(setCookieHeaders(VALUE, 60, { emulator: false }), [
      `__session=${VALUE}; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });

  it('is set without Secure in the emulator: its pages are http', () => {
    assert.deepEqual(setCookieHeaders('', 0, { emulator: true }), [
      '__session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    ]);
  });

  it('replaces the cookie of this host by one of the domain, where there is one', () => {
    const settings = { emulator: false, sessionCookieDomain: 'example.com' };
    assert.deepEqual(setCookieHeaders(VALUE, 60, settings), [
      '__session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      `__session=${VALUE}; Max-Age=60; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });

  it('is removed from other domains before it is set', () => {
    const settings = { emulator: true, sessionCookieDomain: 'example.com' };
    assert.deepEqual(setCookieHeaders(VALUE, 60, settings, ['a.example.com', 'example.com']), [
      '__session=; Max-Age=0; Domain=a.example.com; Path=/; HttpOnly; SameSite=Lax',
      '__session=; Max-Age=0; Domain=example.com; Path=/; HttpOnly; SameSite=Lax',
      '__session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
      `__session=${VALUE}; Max-Age=60; Domain=example.com; Path=/; HttpOnly; SameSite=Lax`,
    ]);
  });

  it('may have been set for the host of the request and each domain above it', () => {
    const domains = (host: string, ...forwarded: string[]) =>
      cookieDomainsOf(requestWith({ host: [host], 'x-forwarded-host': forwarded }));
    assert.deepEqual(domains('a.b.example.com'), ['a.b.example.com', 'b.example.com', 'example.com']);
    assert.deepEqual(domains('API.example.com:8443'), ['api.example.com', 'example.com']);
    assert.deepEqual(domains('x.run.app', 'example.com'), ['example.com']);
    for (const host of ['localhost:5002', '127.0.0.1', '[::1]:80', 'a.b; Path=/', 'a..b', '']) {
      assert.deepEqual(domains(host), [], host);
    }
  });
});
