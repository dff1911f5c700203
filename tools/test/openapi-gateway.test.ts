import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGatewayDocument } from '../../functions/scripts/gateway-document.ts';
import { ROOT } from '../lib/emulator-setup.ts';

// The parameters of this project are functions/.env.example.
const PROJECT = 'example';

const write = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, 'tools', 'openapi-gateway.ts'), ...args]);

describe('npm run openapi:gateway', function () {
  this.timeout(30_000);

  it('prints the document of a project, with its region and issuers', async () => {
    const { stdout, stderr } = await write('--project', PROJECT);
    const backend = `https://us-central1-${PROJECT}.cloudfunctions.net/api`;
    const { document } = createGatewayDocument({ projectId: PROJECT, backend, issuers: [] });
    assert.deepEqual(JSON.parse(stdout), document);
    assert.equal(stderr, '');
  });

  it('writes the document to a file, with another backend URL and a host', async () => {
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

  const mistakes: [mistake: string, args: string[], message: RegExp][] = [
    ['no project', [], /^gatehouse: Usage: npm run openapi:gateway/],
    ['a project without settings', ['--project', 'unknown-1'], /functions\/\.env\.unknown-1 cannot be read/],
    ['a backend on plain HTTP', ['--project', PROJECT, '--backend', 'http://a.test/api'], /--backend/],
    [
      'a backend with a slash at its end',
      ['--project', PROJECT, '--backend', 'https://a.test/api/'],
      /--backend/,
    ],
    ['a host that is a URL', ['--project', PROJECT, '--host', 'https://a.test'], /--host/],
  ];
  for (const [mistake, args, message] of mistakes) {
    it(`reports ${mistake}`, async () => {
      await assert.rejects(write(...args), (error: { code: number; stdout: string; stderr: string }) => {
        assert.match(error.stderr, message);
        assert.deepEqual([error.code, error.stdout], [1, '']);
        return true;
      });
    });
  }
});
