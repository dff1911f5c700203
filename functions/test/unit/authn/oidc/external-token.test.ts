import assert from 'node:assert/strict';
import { type ExternalIdentity, externalId } from '../../../../src/authn/external-identity.ts';
import { createTokenVerifiers } from '../../../../src/authn/oidc/external-token.ts';
import type { IssuerProfile } from '../../../../src/authn/oidc/issuer-profile.ts';
import type { AccessRecord } from '../../../../src/authn/ports.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { createSigningPair, parsed, type SigningPair } from '../../../helpers/signing.ts';
import { parseTrustedIssuers } from '../../../helpers/trusted-issuers.ts';

const ISSUER = 'https://login.example.com';
const NOW = 1_800_000_000;
const ENTRY = {
  ...{ type: 'oidc', issuer: ISSUER, audience: 'api', jwksUri: `${ISSUER}/keys`, typ: ['jwt'] },
  map: { groups: { staff: ['support'], reader: ['audit:read'] }, everyone: ['member'] },
};
const id = externalId(ISSUER, 'ada');
const record = (facts: Partial<AccessRecord> = {}): AccessRecord => ({
  ...{ disabled: false, validAfter: 0, rolesVersion: 3, grants: [], ...facts },
});

describe('external token', () => {
  let server: KeyServer;
  let pair: SigningPair;
  before(async () => {
    server = await openKeyServer();
    pair = await createSigningPair('RS256', 'k1');
    server.publish({ keys: [pair.jwk] });
  });
  after(() => server.close());

  const claims = (more: Record<string, unknown> = {}) => ({
    ...{ iss: ISSUER, aud: 'api', sub: 'ada', iat: NOW - 10, exp: NOW + 7200, ...more },
  });
  const asked: ExternalIdentity[] = [];

  function verifierOf(
    profiles: readonly IssuerProfile[],
    records: Parameters<typeof createTokenVerifiers>[0]['records'],
  ) {
    const shared = { fetch: server.fetch, clock: () => NOW * 1000 };
    const [verifier = assert.fail()] = createTokenVerifiers({ profiles, records, ...shared });
    return verifier;
  }

  /** Verifies a token as one instance does; `found` is the directory's record, `null` where there is no directory. */
  async function authenticate(
    more: Record<string, unknown> = {},
    found?: AccessRecord | null,
    entry: object = {},
  ) {
    const profiles = parseTrustedIssuers(JSON.stringify([{ ...ENTRY, ...entry }]), {
      ...{ local: false, allowFirebase: true },
    });
    const records = {
      async readExternal(identity: ExternalIdentity) {
        asked.push(identity);
        return {
          record: found ?? undefined,
          directoryVersion: { id: identity.id, rolesVersion: 3, validAfter: 0 },
        };
      },
    };
    const verifier = verifierOf(profiles, found === null ? null : records);
    return verifier.verify(parsed(await pair.sign(claims(more))), NOW);
  }

  it('gives what the map gives, and the grants of the directory', async () => {
    const { principal, directoryVersion } = await authenticate(
      { groups: ['staff', '__proto__', 'constructor'] },
      record({ grants: [{ role: 'auditor' }] }),
    );
    assert.deepEqual(principal.roles, ['support', 'member', 'auditor']);
    assert.ok(principal.permissions.includes('audit:read'));
    assert.deepEqual(
      [principal.kind, principal.issuer, principal.subject, principal.uid, principal.directoryId],
      ['user', ISSUER, 'ada', undefined, id],
    );
    assert.deepEqual(directoryVersion, { id, rolesVersion: 3, validAfter: 0 });
  });

  it('gives a service what the map gives to services', async () => {
    const map = { everyone: ['member'], scopes: { audit: ['auditor'] } };
    const { principal } = await authenticate({ sub: 'job', client_id: 'job', scope: 'audit' }, record(), {
      map,
    });
    assert.deepEqual([principal.kind, principal.roles], ['service', ['auditor']]);
    assert.ok(principal.permissions.includes('audit:read'));
  });

  it('gives privileged permissions for a grant', async () => {
    const grants = [{ role: 'admin' }] as const;
    const granted = await authenticate({ groups: ['reader'] }, record({ grants }));
    assert.ok(granted.principal.permissions.includes('roles:assign'));
    assert.ok(granted.principal.permissions.includes('audit:read'));
  });

  it('names the client and the actor of an access token, and no authentication methods', async () => {
    const act = { sub: 'job', iss: 'https://jobs.example.com', act: { sub: 'earlier' } };
    const { principal } = await authenticate({ azp: 'web', amr: ['pwd', 'mfa'], acr: 'aal2', act });
    assert.deepEqual(principal.client, { id: 'web' });
    assert.deepEqual(principal.actor, { subject: 'job', issuer: 'https://jobs.example.com' });
    assert.deepEqual(principal.assurance, { level: 'aal1', at: undefined, methods: [] });
    const other = await authenticate({ client_id: 'cli', act: { sub: 'job' } });
    assert.deepEqual([other.principal.client, other.principal.actor], [{ id: 'cli' }, { subject: 'job' }]);
    for (const odd of ['job', 7, null, { sub: 7 }]) {
      const { client, actor } = (await authenticate({ act: odd, azp: 7 })).principal;
      assert.deepEqual([client, actor], [undefined, undefined]);
    }
  });

  it('names the methods of an ID token and when they were used, and no client', async () => {
    const more = { amr: ['pwd', 'mfa', 7], acr: 'aal2', auth_time: NOW - 20, azp: 'web', act: { sub: 'x' } };
    const { principal } = await authenticate(more, undefined, { tokenUse: 'id' });
    assert.deepEqual(principal.assurance, { level: 'aal1', at: NOW - 20, methods: ['pwd', 'mfa'] });
    assert.deepEqual([principal.client, principal.actor], [undefined, undefined]);
    const without = await authenticate({ amr: 'mfa' }, undefined, { tokenUse: 'id' });
    assert.deepEqual(without.principal.assurance.methods, []);
  });

  it('needs no entry, and no directory', async () => {
    const { principal } = await authenticate();
    assert.deepEqual([principal.roles, principal.directoryId], [['member'], id]);
    const alone = await authenticate({}, null);
    assert.deepEqual([alone.principal.roles, alone.directoryVersion], [['member'], undefined]);
  });

  it('hands the e-mail address to the directory, and believes it verified only when the issuer says so', async () => {
    const cases = [
      [{ email: 'a@b.c', email_verified: true }, 'a@b.c', true],
      [{ email: 'a@b.c', email_verified: 'true' }, 'a@b.c', false],
      [{ email: 'a'.repeat(255), email_verified: true }, undefined, false],
      [{ email: 7, email_verified: true }, undefined, false],
      [{ email: 'a@b.c\u001b[2J', email_verified: true }, undefined, false],
      [{ email: 'a@b.c\u202eowner@b.c', email_verified: true }, undefined, false],
      [{ email_verified: true }, undefined, false],
    ] as const;
    for (const [more, email, emailVerified] of cases) {
      const { principal } = await authenticate(more, record());
      assert.deepEqual([asked.at(-1)?.email, asked.at(-1)?.emailVerified], [email, emailVerified]);
      assert.deepEqual([principal.email, principal.emailVerified ?? false], [email, emailVerified]);
    }
  });

  it('refuses who is disabled, and a sign-in that was revoked, to the second', async () => {
    await assertRefused(
      () => authenticate({}, record({ disabled: true })),
      'invalid_token',
      'account-disabled',
    );
    await assertRefused(() => authenticate({}, record({ validAfter: NOW - 9 })), 'token_stale', 'revoked');
    await authenticate({}, record({ validAfter: NOW - 10 }));
  });

  it('lets the directory narrow nothing that the scopes do not allow', async () => {
    const map = { everyone: ['member'], scopes: { 'notes.read': ['notes:read'] } };
    const { principal } = await authenticate({ scope: 'openid notes.read' }, record(), { map });
    assert.deepEqual([principal.permissions, principal.scopes], [['notes:read'], ['notes:read']]);
    const without = await authenticate({ scope: 'openid' }, record({ grants: [{ role: 'owner' }] }), { map });
    assert.deepEqual(without.principal.permissions, []);
  });

  it('is good until it expires or a grant ends', async () => {
    const grants = [{ role: 'auditor', expiresAt: NOW + 60 }] as const;
    assert.equal((await authenticate({ exp: NOW + 600 }, record())).validUntil, NOW + 600);
    assert.equal((await authenticate({}, record({ grants }))).validUntil, NOW + 60);
  });

  it('is looked at again after an hour: the feed of changes forgets, and its key may have been withdrawn', async () => {
    assert.equal((await authenticate({}, record())).validUntil, NOW + 3600);
    assert.equal((await authenticate({}, undefined)).validUntil, NOW + 3600);
    assert.equal((await authenticate({}, null)).validUntil, NOW + 3600);
  });

  it('refuses a signature by another key, and says nothing to the directory', async () => {
    const other = await createSigningPair('RS256', 'k1');
    const before = asked.length;
    const own = pair;
    pair = other;
    try {
      await assertRefused(() => authenticate(), 'invalid_token', 'wrong-signature');
    } finally {
      pair = own;
    }
    assert.equal(asked.length, before);
  });

  it('names what each profile has against a token', async () => {
    await assertRefused(() => authenticate({ aud: 'other' }), 'invalid_token', 'wrong-audience');
  });

  it('refuses an `iss` that it has no keys for', async () => {
    const profiles = parseTrustedIssuers(JSON.stringify([ENTRY]), { local: false, allowFirebase: false });
    const verifier = verifierOf(profiles, null);
    const token = parsed(await pair.sign(claims({ iss: `${ISSUER}/` })));
    await assertRefused(() => verifier.verify(token, NOW), 'invalid_token', 'issuer-not-trusted');
  });

  it('knows a Firebase user by the uid where firebase-admin is not at hand', async () => {
    const iss = 'https://securetoken.google.com/shop';
    const { principal } = await authenticate(
      { iss, aud: 'shop', auth_time: NOW - 10, exp: NOW + 3590, roles: ['auditor'], rv: 2 },
      null,
      {
        type: 'firebase',
        projectId: 'shop',
        issuer: undefined,
        audience: undefined,
        jwksUri: undefined,
        typ: undefined,
        map: undefined,
      },
    );
    assert.deepEqual([principal.uid, principal.directoryId, principal.roles], ['ada', 'ada', ['auditor']]);
  });
});
