import assert from 'node:assert/strict';
import { type ExternalIdentity, externalId } from '../../../../src/authn/external-identity.ts';
import { createTokenVerifiers } from '../../../../src/authn/oidc/external-token.ts';
import type { IssuerProfile } from '../../../../src/authn/oidc/issuer-profile.ts';
import type { AccessRecord } from '../../../../src/authn/ports.ts';
import { decide } from '../../../../src/authz/decide.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { recordingLog, silentLog } from '../../../helpers/log.ts';
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
  ...{ created: 0, disabled: false, validAfter: 0, rolesVersion: 3, grants: [], ...facts },
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
  const lookUps: ExternalIdentity[] = [];

  function verifierOf(
    profiles: readonly IssuerProfile[],
    records: Parameters<typeof createTokenVerifiers>[0]['records'],
  ) {
    const shared = { fetch: server.fetch, clock: () => NOW * 1000, log: silentLog };
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
        lookUps.push(identity);
        return {
          record: found ?? undefined,
          directoryVersion: { id: identity.id, rolesVersion: 3, validAfter: 0 },
        };
      },
    };
    const verifier = verifierOf(profiles, found === null ? null : records);
    return verifier.verify(parsed(await pair.sign(claims(more))), NOW);
  }

  it('has the roles of the claim mapping and the grants of the directory', async () => {
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

  it('of a service has the roles that the claim mapping gives to services', async () => {
    const map = { everyone: ['member'], scopes: { audit: ['auditor'] } };
    const { principal } = await authenticate({ sub: 'job', client_id: 'job', scope: 'audit' }, record(), {
      map,
    });
    assert.deepEqual([principal.kind, principal.roles], ['service', ['auditor']]);
    assert.ok(principal.permissions.includes('audit:read'));
  });

  it('has privileged permissions by a grant', async () => {
    const grants = [{ role: 'admin' }] as const;
    const granted = await authenticate({ groups: ['reader'] }, record({ grants }));
    assert.ok(granted.principal.permissions.includes('roles:assign'));
    assert.ok(granted.principal.permissions.includes('audit:read'));
  });

  it('has the client, the actor and the authentication methods of an access token', async () => {
    const act = { sub: 'job', iss: 'https://jobs.example.com', act: { sub: 'earlier' } };
    const { principal } = await authenticate({ azp: 'web', amr: ['pwd', 'mfa'], acr: 'aal2', act });
    assert.deepEqual(principal.client, { id: 'web' });
    assert.deepEqual(principal.actor, { subject: 'job', issuer: 'https://jobs.example.com' });
    assert.deepEqual(principal.assurance, { level: 'aal1', at: undefined, methods: ['pwd', 'mfa'] });
    const other = await authenticate({ client_id: 'cli', act: { sub: 'job' } });
    assert.deepEqual([other.principal.client, other.principal.actor], [{ id: 'cli' }, { subject: 'job' }]);
    for (const odd of ['job', 7, null, { sub: 7 }]) {
      const { client, actor } = (await authenticate({ act: odd, azp: 7 })).principal;
      assert.deepEqual([client, actor], [undefined, undefined]);
    }
  });

  it('has the authentication methods and time of an ID token, and no client', async () => {
    const more = { amr: ['pwd', 'mfa', 7], acr: 'aal2', auth_time: NOW - 20, azp: 'web', act: { sub: 'x' } };
    const { principal } = await authenticate(more, undefined, { tokenUse: 'id' });
    assert.deepEqual(principal.assurance, { level: 'aal1', at: NOW - 20, methods: ['pwd', 'mfa'] });
    assert.deepEqual([principal.client, principal.actor], [undefined, undefined]);
    const without = await authenticate({ amr: 'mfa' }, undefined, { tokenUse: 'id' });
    assert.deepEqual(without.principal.assurance.methods, []);
  });

  describe('of an issuer with `aal2`', () => {
    const aal2 = { amr: ['mfa', 'otp'], acr: 'phrh', acrs: 'c1', 'https://shop.example.com/amr': 'mfa' };
    const levelOf = async (more: object, entry: object = { aal2 }) =>
      (await authenticate({ auth_time: NOW - 20, ...more }, undefined, entry)).principal.assurance;

    const proved: Record<string, object> = {
      'a mapped amr': { amr: ['pwd', 'otp'] },
      'the mapped acr': { acr: 'phrh' },
      'a claim of another name, with a list': { acrs: ['c2', 'c1'] },
      'a claim with a namespace': { 'https://shop.example.com/amr': ['mfa'] },
    };
    for (const [what, claims] of Object.entries(proved)) {
      it(`is aal2 from the time of the sign-in, for access and ID tokens: ${what}`, async () => {
        for (const tokenUse of ['access', 'id']) {
          const { level, at } = await levelOf(claims, { aal2, tokenUse });
          assert.deepEqual([level, at], ['aal2', NOW - 20]);
        }
        assert.equal((await levelOf(claims, {})).level, 'aal1', 'without the setting');
      });
    }

    const unproved: Record<string, object> = {
      'no claim': {},
      'amr that is not a list': { amr: 'mfa' },
      'amr as text with several methods': { amr: 'pwd mfa' },
      'amr as an object': { amr: { 0: 'mfa', length: 1, mfa: true } },
      'amr in a list within the list': { amr: [['mfa']] },
      'amr in another case, or with a space': { amr: ['MFA', 'mfa ', 'mf\u0430'] },
      'a value of another claim': { acr: 'mfa', acrs: 'phrh', amr: ['c1'] },
      'acr as an object or a number': { acr: { phrh: 'phrh' }, acrs: 1 },
      'a claim within another': {
        firebase: { sign_in_second_factor: 'totp' },
        act: { amr: ['mfa'], acr: 'phrh' },
      },
    };
    for (const [what, claims] of Object.entries(unproved)) {
      it(`is aal1: ${what}`, async () => {
        for (const tokenUse of ['access', 'id'])
          assert.equal((await levelOf(claims, { aal2, tokenUse })).level, 'aal1');
      });
    }

    it('is aal1 when the token is of a service', async () => {
      const { level, methods } = await levelOf({ sub: 'job', client_id: 'job', amr: ['mfa'], acr: 'phrh' });
      assert.deepEqual([level, methods], ['aal1', []]);
    });

    it('has no time without auth_time, so it never counts as a recent sign-in', async () => {
      for (const auth_time of [undefined, String(NOW), -1]) {
        const { principal } = await authenticate({ amr: ['mfa'], auth_time }, undefined, { aal2 });
        assert.deepEqual([principal.assurance.level, principal.assurance.at], ['aal2', undefined]);
        const needsAal2 = { signedIn: true, assurance: 'aal2' } as const;
        assert.equal(decide(principal, needsAal2, undefined, NOW).allowed, true);
        assert.equal(decide(principal, { ...needsAal2, maxAge: 600 }, undefined, NOW).allowed, false);
      }
    });
  });

  it('is accepted without an entry, and without a directory', async () => {
    const { principal } = await authenticate();
    assert.deepEqual([principal.roles, principal.directoryId], [['member'], id]);
    const alone = await authenticate({}, null);
    assert.deepEqual([alone.principal.roles, alone.directoryVersion], [['member'], undefined]);
  });

  it('warns of claims that cannot be read, once in a minute of the issuer', async () => {
    const { lines, log } = recordingLog();
    let now = NOW * 1000;
    const entry = { type: 'oidc', issuer: ISSUER, audience: 'api', jwksUri: `${ISSUER}keys`, typ: ['jwt'] };
    const setting = { ...entry, map: { claims: [{ path: ['roles'], values: {} }] } };
    const [verifier = assert.fail()] = createTokenVerifiers({
      profiles: parseTrustedIssuers(JSON.stringify([setting]), { local: false, allowFirebase: false }),
      ...{ fetch: server.fetch, clock: () => now, log, records: null },
    });
    const verify = async (roles: unknown) =>
      verifier.verify(parsed(await pair.sign(claims({ roles }))), Math.floor(now / 1000));
    await verify(['a']);
    assert.deepEqual(lines, []);
    const line = {
      ...{ kind: 'claimsUnreadable', issuer: ISSUER },
      claims: [{ claim: 'roles', shape: 'array of objects with keys: key' }],
    };
    for (const [passed, count] of [
      [0, 1],
      [59_999, 1],
      [1, 2],
    ] as const) {
      now += passed;
      await verify([{ key: 'a' }]);
      assert.deepEqual(
        lines,
        Array.from({ length: count }, () => line),
      );
    }
  });

  it('has an auth_time that cannot be read as an unknown sign-in, which is never recent', async () => {
    const rule = { signedIn: true, maxAge: 300 } as const;
    for (const auth_time of ['2026-11-30T10:00:00.000Z', String(NOW), -1, null, {}, undefined]) {
      const { principal } = await authenticate({ auth_time });
      assert.deepEqual([principal.assurance.at, principal.authTime], [undefined, NOW - 10]);
      const decision = decide(principal, rule, undefined, NOW);
      assert.deepEqual([decision.allowed, decision.reason], [false, 'step-up-required']);
    }
    const { principal } = await authenticate({ auth_time: NOW - 299.5 });
    assert.deepEqual([principal.assurance.at, principal.authTime], [NOW - 300, NOW - 300]);
    assert.equal(decide(principal, rule, undefined, NOW).allowed, true);
  });

  it('passes the e-mail address to the directory, verified only by email_verified: true', async () => {
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
      assert.deepEqual([lookUps.at(-1)?.email, lookUps.at(-1)?.emailVerified], [email, emailVerified]);
      assert.deepEqual([principal.email, principal.emailVerified ?? false], [email, emailVerified]);
    }
  });

  it('is refused for a disabled user, and for a revoked sign-in, to the second', async () => {
    await assertRefused(
      () => authenticate({}, record({ disabled: true })),
      'invalid_token',
      'account-disabled',
    );
    await assertRefused(() => authenticate({}, record({ validAfter: NOW - 9 })), 'token_stale', 'revoked');
    await authenticate({}, record({ validAfter: NOW - 10 }));
  });

  it('has no permission outside of its scopes, whatever the directory grants', async () => {
    const map = { everyone: ['member'], scopes: { 'notes.read': ['notes:read'] } };
    const { principal } = await authenticate({ scope: 'openid notes.read' }, record(), { map });
    assert.deepEqual([principal.permissions, principal.scopes], [['notes:read'], ['notes:read']]);
    const without = await authenticate({ scope: 'openid' }, record({ grants: [{ role: 'owner' }] }), { map });
    assert.deepEqual(without.principal.permissions, []);
  });

  it('is valid until it or a grant expires', async () => {
    const grants = [{ role: 'auditor', expiresAt: NOW + 60 }] as const;
    assert.equal((await authenticate({ exp: NOW + 600 }, record())).validUntil, NOW + 600);
    assert.equal((await authenticate({}, record({ grants }))).validUntil, NOW + 60);
  });

  it('is verified again after an hour: feed entries expire, and keys can be withdrawn', async () => {
    assert.equal((await authenticate({}, record())).validUntil, NOW + 3600);
    assert.equal((await authenticate({}, undefined)).validUntil, NOW + 3600);
    assert.equal((await authenticate({}, null)).validUntil, NOW + 3600);
  });

  it('is refused with a signature of another key, without a look-up in the directory', async () => {
    const other = await createSigningPair('RS256', 'k1');
    const before = lookUps.length;
    const own = pair;
    pair = other;
    try {
      await assertRefused(() => authenticate(), 'invalid_token', 'wrong-signature');
    } finally {
      pair = own;
    }
    assert.equal(lookUps.length, before);
  });

  it('is refused with the reason of the profile', async () => {
    await assertRefused(() => authenticate({ aud: 'other' }), 'invalid_token', 'wrong-audience');
  });

  it('is refused with an `iss` that has no keys', async () => {
    const profiles = parseTrustedIssuers(JSON.stringify([ENTRY]), { local: false, allowFirebase: false });
    const verifier = verifierOf(profiles, null);
    const token = parsed(await pair.sign(claims({ iss: `${ISSUER}/` })));
    await assertRefused(() => verifier.verify(token, NOW), 'invalid_token', 'issuer-not-trusted');
  });

  it('of a Firebase user has the uid, without firebase-admin', async () => {
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
