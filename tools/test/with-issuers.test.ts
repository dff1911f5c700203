import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { amzHeaders } from '../issuers/cognito-srp.ts';
import { ROOT } from '../lib/emulator-setup.ts';
import { FIXED_PORTS, ISSUER_PORTS } from '../lib/ports.ts';
import { identityToolkit, killGroup, SCRIPT, startGatehouse } from './gatehouse.ts';
import { isListening, launch } from './processes.ts';

const GUIDE = `${ROOT}/docs/guides/external-issuers/index.md`;

describe('npm start -- --with-issuers', function () {
  this.timeout(120_000);

  let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
  let issuers: Record<'cognito' | 'auth0' | 'oidc', string>;
  before(async () => {
    gatehouse = await startGatehouse(['--with-issuers']);
    const read = (name: string) => RegExp(`^ +${name} +(\\S+)`, 'm').exec(gatehouse.output())?.[1] ?? '';
    issuers = { cognito: read('Cognito'), auth0: read('Auth0'), oidc: read('OpenID') };
  });
  after(() => {
    if (gatehouse?.child.exitCode === null) killGroup(gatehouse, 'SIGKILL');
  });

  it('reports the taken port of an issuer, and a fix', async () => {
    const blocker = createServer().listen(ISSUER_PORTS.auth0, '127.0.0.1');
    await once(blocker, 'listening').catch(() => undefined); // another process may already use the port
    try {
      const { exited, output } = launch(process.execPath, [SCRIPT, '--with-issuers']);
      assert.equal(await exited, 1);
      assert.match(output(), /^gatehouse: port \d+, wanted by \w+, is taken; .*--free-ports\n$/);
    } finally {
      blocker.close();
    }
  });

  it('prints commands that call the API as a user or machine of each issuer', () => {
    const lines = gatehouse.output().split('\n');
    const commands = lines.slice(lines.findIndex((line) => line.startsWith('  4. '))).join('\n');
    assertResponses(runInShell(commands.replaceAll(/^ {2}\d\. .*$/gm, '')));
  });

  it('runs the commands of the guide to external issuers', () => {
    const [, commands = ''] =
      /```sh\n(API=[^`]*\/oauth\/token[^`]*)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
    const here = commands
      .replace(`http://127.0.0.1:${FIXED_PORTS.hosting}/api/v1`, gatehouse.addresses.api)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.cognito}`, issuers.cognito)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.auth0}`, issuers.auth0)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.oidc}`, issuers.oidc);
    const output = runInShell(here);
    assertResponses(output);
    assert.match(
      output,
      /"access_token":"[\w.-]+","issued_token_type":"urn:ietf:params:oauth:token-type:jwt"/,
    );
    assert.match(
      output,
      /"kind":"service",.*"identity":\{"issuer":"[^"]+","subject":"gatehouse-machine@clients"/,
    );
  });

  it('exchanges a Cognito token for a Firebase token with the roles of the group', async () => {
    const { api, auth } = gatehouse.addresses;
    const client = /client (\w+)\)/.exec(gatehouse.output())?.[1];
    const { AuthenticationResult } = await post(`${issuers.cognito}/`, amzHeaders('InitiateAuth'), {
      ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client },
      AuthParameters: { USERNAME: 'ada@cognito.test', PASSWORD: 'gatehouse' },
    });
    const json = { 'content-type': 'application/json' };
    const request = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: AuthenticationResult.AccessToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    const exchanged = await post(`${api}/token/exchange`, {}, request);
    const signIn = `${identityToolkit(auth)}/accounts:signInWithCustomToken?key=demo`;
    const { idToken } = await post(signIn, json, { token: exchanged.access_token, returnSecureToken: true });
    const response = await fetch(`${api}/me`, { headers: { authorization: `Bearer ${idToken}` } });
    const me = (await response.json()) as Record<string, unknown>;
    assert.equal(response.status, 200, JSON.stringify(me));
    assert.match(String(me.uid), /^ext-[\w-]{43}$/);
    assert.deepEqual(
      [me.identity, me.roles],
      [{ issuer: 'https://securetoken.google.com/demo-gatehouse', subject: me.uid }, ['support', 'member']],
    );
  });

  it('stops the issuers with everything else', async () => {
    killGroup(gatehouse, 'SIGINT');
    assert.equal(await gatehouse.exited, 0);
    for (const url of Object.values(issuers))
      assert.equal(await isListening(Number(new URL(url).port)), false, url);
  });

  /** @returns the response's JSON; its shape differs by endpoint */
  async function post(url: string, headers: Record<string, string>, body: object) {
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: isForm ? body : JSON.stringify(body),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  }

  /** @returns what the commands print: the responses, one after the other */
  function runInShell(commands: string): string {
    const { stdout, stderr, status, error } = spawnSync('sh', ['-eu', '-c', commands], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr || String(error));
    return stdout;
  }

  function assertResponses(output: string): void {
    const { cognito, auth0 } = issuers;
    assert.match(
      output,
      RegExp(
        `"kind":"user",.*"identity":{"issuer":"${cognito}/local_\\w+","subject":"[\\w-]+"}.*"roles":\\["support","member"\\]`,
      ),
    );
    assert.match(
      output,
      RegExp(
        `"issuer":"${auth0}/","subject":"auth0\\|ada".*"permissions":\\["notes:read","notes:write","users:read"\\]`,
      ),
    );
    assert.match(output, /"users":\[\{/);
  }
});
