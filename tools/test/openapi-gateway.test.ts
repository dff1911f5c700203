import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGatewayDocument } from '../../functions/scripts/gateway-document.ts';
import { ROOT } from '../lib/emulator-setup.ts';

// Its settings are functions/.env.example.
const PROJECT = 'example';

const write = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, 'tools', 'openapi-gateway.ts'), ...args]);

describe('npm run openapi:gateway', function () {
  this.timeout(30_000);

  it('prints the document of a project, with the region and the issuers of its settings', async () => {
    const { stdout, stderr } = await write('--project', PROJECT);
    const backend = `https://us-central1-${PROJECT}.cloudfunctions.net/api`;
    const { document } = createGatewayDocument({ projectId: PROJECT, backend, issuers: [] });
    assert.deepEqual(JSON.parse(stdout), document);
    assert.equal(stderr, '');
  });

  it('writes it to a file, for another address of the function and for web pages', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-gateway-'));
    try {
      const out = join(folder, 'gateway.json');
      const backend = 'https://api-abc123-uc.a.run.app';
      const host = 'gatehouse-1a2b3c.apigateway.demo.cloud.goog';
      const { stdout } = await write(
        '--project',
        PROJECT,
        '--backend',
        backend,
        '--host',
        host,
        '--out',
        out,
      );
      assert.equal(stdout, '');
      const { document } = createGatewayDocument({ projectId: PROJECT, backend, issuers: [], host });
      assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')), document);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const mistakes: [what: string, args: string[], message: RegExp][] = [
    ['no project', [], /^gatehouse: Usage: npm run openapi:gateway/],
    ['a project without settings', ['--project', 'unknown-1'], /functions\/\.env\.unknown-1 cannot be read/],
    ['a backend on plain HTTP', ['--project', PROJECT, '--backend', 'http://a.test/api'], /--backend/],
    [
      'a backend with a slash behind it',
      ['--project', PROJECT, '--backend', 'https://a.test/api/'],
      /--backend/,
    ],
    ['a host that is an address', ['--project', PROJECT, '--host', 'https://a.test'], /--host/],
  ];
  for (const [what, args, message] of mistakes) {
    it(`says what is wrong with ${what}`, async () => {
      await assert.rejects(write(...args), (error: { code: number; stdout: string; stderr: string }) => {
        assert.match(error.stderr, message);
        assert.deepEqual([error.code, error.stdout], [1, '']);
        return true;
      });
    });
  }
});
