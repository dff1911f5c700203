import assert from 'node:assert/strict';
import { createBearerAuthenticator } from '../../src/authn/bearer.ts';
import { createTokenVerifiers } from '../../src/authn/oidc/external-token.ts';
import { compileRoleClaims } from '../../src/authz/role-claims.ts';
import { LEASE_SECONDS } from '../../src/directory/sync/account-sync.ts';
import { createExchangeToken } from '../../src/token-exchange/exchange-token.ts';
import { type Access, createAccess, type wireAccess } from '../helpers/access.ts';
import { identityOf, LOGIN } from '../helpers/identities.ts';
import { recordingLog } from '../helpers/instance.ts';
import { createSigningPair, type SigningPair } from '../helpers/signing.ts';
import { parseTrustedIssuers } from '../helpers/trusted-issuers.ts';

const ADA = identityOf('ada');
const setting = { type: 'oidc', issuer: LOGIN, audience: 'gatehouse', jwksUri: `${LOGIN}/keys` };
const map = { groups: { team: ['member'] } };
const profiles = parseTrustedIssuers(
  JSON.stringify([{ ...setting, algorithms: ['ES256'], tokenExchange: true, map }]),
  { local: false, allowFirebase: false },
);

type Wired = Pick<ReturnType<typeof wireAccess>, 'audit' | 'directory' | 'sync' | 'records' | 'feed'>;
type Step = (work: () => Promise<unknown>) => Promise<unknown>;

describe('an exchange that ends at any of its calls', function () {
  this.timeout(120_000);
  let keys: SigningPair;
  let access: Access;
  before(async () => {
    keys = await createSigningPair('ES256', 'k1');
  });
  beforeEach(async () => {
    access = await createAccess([]);
  });
  afterEach(() => access.close());

  /** An instance's exchange; every change that it makes outside goes through `step`. */
  function exchangeOf({ audit, directory, sync, records, feed }: Wired, step: Step) {
    const { accounts, clock } = access;
    const fetch = async () => new Response(JSON.stringify({ keys: [keys.jwk] }));
    const bearer = createBearerAuthenticator(createTokenVerifiers({ profiles, fetch, clock, records }));
    const authentication = {
      ...{ clock, accessChanges: feed, accessRecords: records, authenticators: [bearer], bearer },
    };
    const platform = {
      log: recordingLog().log,
      accounts: {
        ...accounts,
        create: through(step, accounts.create),
        createCustomToken: through(step, accounts.createCustomToken),
      },
    };
    return createExchangeToken(platform, {
      ...{ authentication, audit: { ...audit, recordRefusal: async () => undefined } },
      directory: {
        ...directory,
        change: through(step, directory.change),
        sync: { syncAccount: through(step, sync.syncAccount) },
      },
    });
  }

  async function token(): Promise<string> {
    const now = access.now();
    const claims = { iss: LOGIN, aud: 'gatehouse', sub: 'ada', iat: now - 10, exp: now + 3000 };
    return keys.sign({ ...claims, groups: ['team'] }, { typ: 'at+jwt' });
  }

  for (const moment of ['before', 'after'] as const) {
    it(`${moment} it has an effect, gives no token, and nothing that the directory does not; the next one is whole`, async () => {
      let cuts = 0;
      for (let last = false; !last; cuts++) {
        assert.ok(cuts < 20, 'it makes no end of calls');
        await access.close();
        access = await createAccess([]);
        const dies = dyingAt(cuts, moment);
        const request = { token: await token(), type: 'jwt', requestId: 'r' };
        const cut = await exchangeOf(access.another(), dies)(request).catch((error) => String(error));
        last = typeof cut !== 'string';
        if (!last) assert.equal(cut, 'Error: the process ended');
        const left = access.accounts.byUid.get(ADA.id);
        const before = await access.directory.find(ADA.id);
        if (left?.claims.rv !== undefined) {
          assert.deepEqual(left.claims, claimsFor(before ?? assert.fail('claims without an entry')));
        }

        access.clock.move(LEASE_SECONDS * 1000);
        const again = { ...request, token: await token() };
        const { customToken } = await exchangeOf(access.another(), (work) => work())(again);
        assert.equal(customToken, `custom token of ${ADA.id}`);
        const entry = (await access.directory.find(ADA.id)) ?? assert.fail('no entry');
        assert.deepEqual([entry.pending, entry.grants.map(({ role }) => role)], [[], ['member']]);
        assert.deepEqual(access.accounts.byUid.get(ADA.id)?.claims, claimsFor(entry), `cut ${cuts}`);
        assert.equal(entry.rolesVersion, 1, 'and the roles were written once');
      }
      assert.ok(cuts > 4, `${cuts} calls`);
    });
  }
});

const claimsFor = ({ grants, rolesVersion }: Entry) => ({
  ...compileRoleClaims(grants, rolesVersion, 0),
});
type Entry = NonNullable<Awaited<ReturnType<Access['directory']['find']>>>;

/** A process that ends at its n-th call, before its effect or after it: nothing that it would do later happens. */
function dyingAt(n: number, moment: 'before' | 'after'): Step {
  let calls = 0;
  return async (work) => {
    const isLast = calls++ >= n;
    if (isLast && moment === 'before') throw new Error('the process ended');
    const done = await work();
    if (isLast) throw new Error('the process ended');
    return done;
  };
}

function through<A extends unknown[], R>(step: Step, call: (...args: A) => Promise<R>) {
  // What the step gives back is what the call gave.
  return (...args: A) => step(() => call(...args)) as Promise<R>;
}
