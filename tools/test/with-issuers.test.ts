import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOT } from '../lib/emulator-setup.ts';
import { FIXED_PORTS, ISSUER_PORTS } from '../lib/ports.ts';
import { killGroup, startGatehouse } from './gatehouse.ts';
import { isListening } from './processes.ts';

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

  it('prints lines that show a user or a machine of each issuer at the API', function () {
    const lines = gatehouse.output().split('\n');
    const commands = lines.slice(lines.findIndex((line) => line.startsWith('  4. '))).join('\n');
    checkAnswers(inShell(commands.replaceAll(/^ {2}\d\. .*$/gm, '') || this.skip()));
  });

  it('serves what the README says to try', () => {
    const [, commands = ''] =
      /```sh\n(API=[^`]*\/oauth\/token[^`]*)```/.exec(readFileSync(`${ROOT}/README.md`, 'utf8')) ?? [];
    const here = commands
      .replace(`http://127.0.0.1:${FIXED_PORTS.hosting}/api/v1`, gatehouse.addresses.api)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.cognito}`, issuers.cognito)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.auth0}`, issuers.auth0)
      .replaceAll(`http://127.0.0.1:${ISSUER_PORTS.oidc}`, issuers.oidc);
    const output = inShell(here);
    checkAnswers(output);
    assert.match(output, /"kind":"service","issuer":"[^"]+","subject":"gatehouse-machine@clients"/);
  });

  it('ends the issuers with all the rest', async () => {
    killGroup(gatehouse, 'SIGINT');
    assert.equal(await gatehouse.exited, 0);
    for (const url of Object.values(issuers))
      assert.equal(await isListening(Number(new URL(url).port)), false, url);
  });

  /** What the commands print: the answers, one after the other. */
  function inShell(commands: string): string {
    const { stdout, stderr, status, error } = spawnSync('sh', ['-eu', '-c', commands], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr || String(error));
    return stdout;
  }

  function checkAnswers(output: string): void {
    const { cognito, auth0 } = issuers;
    assert.match(
      output,
      RegExp(
        `"kind":"user","issuer":"${cognito}/local_\\w+","subject":"[\\w-]+".*"roles":\\["support","member"\\]`,
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
