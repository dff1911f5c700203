import assert from 'node:assert/strict';
import { createBearerAuthenticator } from '../../src/authn/bearer.ts';
import { createTokenVerifiers } from '../../src/authn/oidc/external-token.ts';
import { compileRoleClaims } from '../../src/authz/role-claims.ts';
import { LEASE_SECONDS } from '../../src/directory/sync/account-sync.ts';
import { createCustomTokens } from '../../src/token-exchange/custom-token.ts';
import { createExchangeToken } from '../../src/token-exchange/exchange-token.ts';
import { identityOf, LOGIN } from '../helpers/identities.ts';
import { recordingLog, silentLog } from '../helpers/log.ts';
import { createSigningPair, type SigningPair } from '../helpers/signing.ts';
import { openTestDirectory, type TestDirectory, type wireDirectory } from '../helpers/test-directory.ts';
import { parseTrustedIssuers } from '../helpers/trusted-issuers.ts';

const ADA = identityOf('ada');
const setting = { type: 'oidc', issuer: LOGIN, audience: 'gatehouse', jwksUri: `${LOGIN}/keys` };
const map = { groups: { team: ['member'] } };
const profiles = parseTrustedIssuers(
  JSON.stringify([{ ...setting, algorithms: ['ES256'], tokenExchange: true, map }]),
  { local: false, allowFirebase: false },
);

type Wired = Pick<ReturnType<typeof wireDirectory>, 'audit' | 'directory' | 'sync' | 'records' | 'feed'>;
type Step = (work: () => Promise<unknown>) => Promise<unknown>;

describe('token exchange, when the process exits at any of its calls', function () {
  this.timeout(120_000);
  let keys: SigningPair;
  let opened: TestDirectory;
  before(async () => {
    keys = await createSigningPair('ES256', 'k1');
  });
  beforeEach(async () => {
    opened = await openTestDirectory([]);
  });
  afterEach(() => opened.close());

  /** The token exchange of an instance. Every call with an effect goes through `step`. */
  function exchangeOf({ audit, directory, sync, records, feed }: Wired, step: Step) {
    const { accounts, clock } = opened;
    const fetch = async () => new Response(JSON.stringify({ keys: [keys.jwk] }));
    const bearer = createBearerAuthenticator(
      createTokenVerifiers({ profiles, fetch, clock, log: silentLog, records }),
    );
    const authentication = {
      ...{ clock, accessChanges: feed, accessRecords: records, authenticators: [bearer], bearer },
    };
    const platform = {
      log: recordingLog().log,
      accounts: {
        ...accounts,
        create: wrap(step, accounts.create),
        createCustomToken: wrap(step, accounts.createCustomToken),
      },
    };
    const stepped = {
      ...directory,
      change: wrap(step, directory.change),
      sync: { syncAccount: wrap(step, sync.syncAccount) },
    };
    return createExchangeToken(platform, {
      ...{ authentication, audit: { ...audit, recordRefusal: async () => undefined } },
      ...{ directory: stepped, createCustomToken: createCustomTokens(platform, stepped) },
      rateLimits: { count: () => undefined, countForAllInstances: wrap(step, async () => undefined) },
    });
  }

  async function token(): Promise<string> {
    const now = opened.now();
    const claims = { iss: LOGIN, aud: 'gatehouse', sub: 'ada', iat: now - 10, exp: now + 3000 };
    return keys.sign({ ...claims, groups: ['team'] }, { typ: 'at+jwt' });
  }

  for (const timing of ['before', 'after'] as const) {
    it(`issues no token or claims without an entry, and a retry completes (${timing} the effect)`, async () => {
      let crashes = 0;
      for (let last = false; !last; crashes++) {
        assert.ok(crashes < 20, 'more calls than expected');
        await opened.close();
        opened = await openTestDirectory([]);
        const crash = crashAt(crashes, timing);
        const request = { token: await token(), type: 'jwt', requestId: 'r' };
        const result = await exchangeOf(opened.another(), crash)(request).catch((error) => String(error));
        last = typeof result !== 'string';
        if (!last) assert.equal(result, 'Error: the process exited');
        const account = opened.accounts.byUid.get(ADA.id);
        const before = await opened.directory.find(ADA.id);
        if (account?.claims.rv !== undefined) {
          assert.deepEqual(account.claims, claimsFor(before ?? assert.fail('claims without an entry')));
        }

        opened.clock.move(LEASE_SECONDS * 1000);
        const again = { ...request, token: await token() };
        const { customToken } = await exchangeOf(opened.another(), (work) => work())(again);
        assert.equal(customToken, `custom token of ${ADA.id}`);
        const entry = (await opened.directory.find(ADA.id)) ?? assert.fail('no entry');
        assert.deepEqual([entry.pending, entry.grants.map(({ role }) => role)], [[], ['member']]);
        assert.deepEqual(opened.accounts.byUid.get(ADA.id)?.claims, claimsFor(entry), `crash ${crashes}`);
        assert.equal(entry.rolesVersion, 1, 'the roles were written once');
      }
      assert.ok(crashes > 4, `${crashes} calls`);
    });
  }
});

const claimsFor = ({ grants, rolesVersion }: Entry) => ({
  ...compileRoleClaims(grants, rolesVersion, 0),
});
type Entry = NonNullable<Awaited<ReturnType<TestDirectory['directory']['find']>>>;

/** A process that exits at its n-th call, before or after the effect, and makes no later call. */
function crashAt(n: number, timing: 'before' | 'after'): Step {
  let calls = 0;
  return async (work) => {
    const isLast = calls++ >= n;
    if (isLast && timing === 'before') throw new Error('the process exited');
    const result = await work();
    if (isLast) throw new Error('the process exited');
    return result;
  };
}

function wrap<A extends unknown[], R>(step: Step, call: (...args: A) => Promise<R>) {
  // A step returns the result of the call.
  return (...args: A) => step(() => call(...args)) as Promise<R>;
}
