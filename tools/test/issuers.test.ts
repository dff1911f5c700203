import assert from 'node:assert/strict';
import { amzHeaders } from '../issuers/cognito-srp.ts';
import { type LocalIssuers, startIssuers } from '../issuers/start-issuers.ts';
import { ROOT } from '../lib/emulator-setup.ts';

describe('the local issuers', () => {
  let issuers: LocalIssuers;
  before(async () => {
    issuers = await startIssuers({ ports: 'free', logFile: `${ROOT}/.gatehouse/test-tools-issuers.log` });
  });
  after(() => issuers?.stop());

  const callCognito = async (operation: string, body: object) => {
    const headers = amzHeaders(operation);
    const response = await fetch(issuers.cognito.url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  it('sign users in by SRP with any random values', async () => {
    // Half of the numbers start with a set bit and need a leading zero byte. Eight runs find a missing one.
    for (let run = 0; run < 8; run++) await issuers.cognito.signIn('bo');
  });

  for (const flow of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH'] as const) {
    it(`refuse a wrong password by ${flow}`, async () => {
      await assert.rejects(issuers.cognito.signIn('ada', { flow, password: 'gatehouse ' }), /[Pp]assword/);
    });
  }

  it('refuse SRP values of A that make the password irrelevant (RFC 5054 §2.5.4)', async () => {
    for (const SRP_A of ['0', '00']) {
      const { status, body } = await callCognito('InitiateAuth', {
        ...{ AuthFlow: 'USER_SRP_AUTH', ClientId: issuers.cognito.clientId },
        AuthParameters: { USERNAME: 'ada@cognito.test', SRP_A },
      });
      assert.deepEqual([status, body.__type], [400, 'NotAuthorizedException']);
    }
  });

  it('refuse a proof without a challenge', async () => {
    const { status, body } = await callCognito('RespondToAuthChallenge', {
      ...{ ChallengeName: 'PASSWORD_VERIFIER', ClientId: issuers.cognito.clientId },
      ChallengeResponses: {
        USERNAME: 'ada',
        PASSWORD_CLAIM_SECRET_BLOCK: 'AAAA',
        PASSWORD_CLAIM_SIGNATURE: 'AAAA',
      },
    });
    assert.deepEqual([status, body.__type], [400, 'NotAuthorizedException']);
  });

  it('refuse a wrong password at Auth0’s token endpoint', async () => {
    const form = {
      grant_type: 'password',
      client_id: 'gatehouse-web',
      username: 'ada@auth0.test',
      password: 'x',
    };
    const response = await fetch(`${issuers.auth0.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    assert.equal(response.status, 403);
    assert.doesNotMatch(await response.text(), /eyJ/);
  });

  it('name their own URLs in discovery', async () => {
    for (const { issuer } of [issuers.auth0, issuers.oidc]) {
      const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      const document = (await response.json()) as { issuer: string; jwks_uri: string };
      assert.equal(document.issuer, issuer);
      assert.ok(document.jwks_uri.startsWith(issuer));
    }
  });
});
