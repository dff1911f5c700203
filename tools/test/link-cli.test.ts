import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';

it('the postinstall script does not fail an install of the lockfile alone, as in a container', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-install-'));
  try {
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    const { status, stderr } = spawnSync('npm', ['run', 'postinstall'], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
