import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { seedDemoUsers } from '../../../tools/seed.ts';
import { COMMAND_PAGES, type CodeBlock, REPOSITORY, runnableBlocks } from '../helpers/docs.ts';
import { AUTH_HOST, HOSTING_URL, localInstance, PROJECT } from '../helpers/emulator.ts';

/**
 * Runs the shell blocks of README and docs, all blocks of a page in one shell, in order. A comment `# 403` after a curl
 * command is the expected status; the default is any 2xx.
 */

/** Other pages use the shell functions of this page. */
const GETTING_STARTED = 'docs/getting-started.md';
const STANDALONE = [GETTING_STARTED, 'README.md'];

const PRELUDE = `
set -euo pipefail
shopt -s inherit_errexit
body=$(mktemp)
trap 'rm -f "$body"' EXIT
curl() {
  local status tries=0 expected="\${EXPECT:-2..}"
  while :; do
    status=$(command curl "$@" -o "$body" -w '%{http_code}')
    if [[ $status =~ ^$expected$ ]]; then cat "$body"; return 0; fi
    # Other instances apply a change within ACCESS_CHANGE_MAX_AGE seconds, one here.
    if [[ -z "\${EXPECT:-}" ]] || ((++tries > 40)); then
      echo "curl $* answered $status instead of $expected: $(cat "$body")" >&2
      return 22
    fi
    sleep 0.25
  done
}
`;

const DONE = 'docs-commands: block done';

/** The code to run, with the addresses of these emulators and the expected status of each curl. */
async function prepare({ code }: CodeBlock): Promise<string> {
  const { version } = await localInstance.users.get('demo-member');
  return code
    .replaceAll('http://127.0.0.1:5002', HOSTING_URL)
    .replaceAll('http://127.0.0.1:9099', `http://${AUTH_HOST}`)
    .replaceAll('"version":1', `"version":${version}`)
    .replaceAll(/^(curl .*) # (\d{3})\b/gm, 'EXPECT=$2 $1 # $2');
}

function runShell(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const shell = spawn('bash', ['-s'], { cwd: REPOSITORY, env });
  let stdout = '';
  let stderr = '';
  shell.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  shell.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  shell.stdin.end(script);
  return new Promise((resolve) => {
    shell.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('commands in the documentation', function () {
  this.timeout(60_000);
  const ran: CodeBlock[] = [];

  for (const page of COMMAND_PAGES) {
    const blocks = runnableBlocks(page);
    if (blocks.length === 0) continue;
    it(`work as ${page} says`, async () => {
      await seedDemoUsers(PROJECT, { resetRoles: true });
      const helpers = STANDALONE.includes(page) ? [] : runnableBlocks(GETTING_STARTED).slice(0, 1);
      const scripts = await Promise.all([...helpers, ...blocks].map(prepare));
      const script = [PRELUDE, ...scripts.map((code) => `${code}\necho '${DONE}'`)].join('\n');
      const { code, stdout, stderr } = await runShell(script);
      const done = stdout.split(DONE).length - 1 - helpers.length;
      const next = blocks[Math.max(done, 0)];
      assert.equal(code, 0, `${page}:${next?.line} ${stderr}`);
      assert.equal(done, blocks.length, stderr);
      ran.push(...blocks);
    });
  }

  it('were all run, except those marked as not run', () => {
    const expected = COMMAND_PAGES.flatMap(runnableBlocks).map(({ page, line }) => `${page}:${line}`);
    assert.ok(expected.length >= 6, expected.join());
    assert.deepEqual(
      ran.map(({ page, line }) => `${page}:${line}`),
      expected,
    );
  });
});
