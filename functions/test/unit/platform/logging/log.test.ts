import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ruleName } from '../../../../src/authz/access-rule.ts';
import { AppError, unavailable } from '../../../../src/core/errors.ts';
import { showHiddenIn } from '../../../../src/core/text.ts';
import type { Log } from '../../../../src/platform/logging/log.ts';

/** Lines of the real log, from both streams of a separate process: the logger binds to the console when it is loaded. */
function linesOf<K extends keyof Log>(kind: K, ...args: Parameters<Log[K]>): Record<string, unknown>[] {
  return run(`structuredLog.${kind}(...${JSON.stringify(args)})`);
}

function run(script: string, killedBy: NodeJS.Signals | null = null): Record<string, unknown>[] {
  const module = new URL('../../../../src/', import.meta.url);
  const code = `import { structuredLog } from ${JSON.stringify(`${module}platform/logging/log.ts`)};
      import { improveErrors } from ${JSON.stringify(`${module}platform/functions-framework.ts`)};
    import { AppError, unavailable } from ${JSON.stringify(`${module}core/errors.ts`)};
    ${script}`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '--eval', code],
    {
      encoding: 'utf8',
    },
  );
  assert.deepEqual([status, signal], [killedBy === null ? 0 : null, killedBy], stderr);
  // Cloud Logging reads each line as one entry.
  return (stdout + stderr)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const decision = {
  requestId: 'r1',
  permission: 'users:read',
  granted: false,
  reason: 'missing-permission',
} as const;
const HOSTILE = 'ada\r\n{"severity":"EMERGENCY","event":"forged"}\u001b[31m\u2028\u0000"';

describe('log', () => {
  it('writes a decision as one line with fixed fields', () => {
    assert.deepEqual(linesOf('decision', { ...decision, issuer: 'https://issuer.example', subject: 'ada' }), [
      {
        severity: 'INFO',
        message: 'decision',
        event: 'decision',
        permission: 'users:read',
        requestId: 'r1',
        issuer: 'https://issuer.example',
        subject: 'ada',
        granted: false,
        reason: 'missing-permission',
      },
    ]);
  });

  it('keeps the order of lines', () => {
    const written = run(`
      structuredLog.decision(${JSON.stringify(decision)});
      structuredLog.transport({ requestId: 'r2', granted: false, code: 'https_required' });
      structuredLog.decision(${JSON.stringify({ ...decision, requestId: 'r3' })});
      structuredLog.failure('r4', new AppError('internal', 'x'));`);
    // Failures go to stderr, which comes last here.
    assert.deepEqual(
      written.map(({ requestId }) => requestId),
      ['r1', 'r2', 'r3', 'r4'],
    );
  });

  it('loses no decision when the process exits, normally or by an error', () => {
    for (const end of [
      'process.exit(0)',
      "process.once('uncaughtException', () => process.exit(0)); throw new Error()",
    ]) {
      const lines = run(`structuredLog.decision(${JSON.stringify(decision)}); ${end}`);
      assert.deepEqual(
        lines.map(({ requestId }) => requestId),
        ['r1'],
      );
    }
  });

  it('has written a line before the process can be killed', () => {
    const lines = run(
      `structuredLog.decision(${JSON.stringify(decision)});
      structuredLog.transport({ requestId: 'r2', granted: false, code: 'https_required' });
      process.kill(process.pid, 'SIGKILL');`,
      'SIGKILL',
    );
    assert.deepEqual(
      lines.map(({ requestId }) => requestId),
      ['r1', 'r2'],
    );
  });

  for (const [access, permission] of [
    ['public', 'public'],
    ['signed-in', 'signed-in'],
    [{ permission: 'notes:read', own: true }, 'notes:read'],
  ] as const) {
    it(`names the permission of ${JSON.stringify(access)}`, () => {
      assert.equal(
        linesOf('decision', { ...decision, permission: ruleName(access) })[0]?.permission,
        permission,
      );
    });
  }

  it('writes a refusal of the transport checks as a decision', () => {
    const facts = { method: 'GET', path: '/v1/me', origin: 'https://evil.example', status: 403 };
    assert.deepEqual(
      linesOf('transport', { requestId: 'r1', granted: false, code: 'origin_denied', ...facts }),
      [
        {
          ...facts,
          severity: 'INFO',
          message: 'decision',
          event: 'decision',
          permission: 'transport',
          requestId: 'r1',
          granted: false,
          code: 'origin_denied',
        },
      ],
    );
  });

  it('keeps line breaks, escape sequences and quotes of a subject inside its string', () => {
    const [line, ...others] = linesOf('decision', { ...decision, subject: HOSTILE });
    assert.equal(others.length, 0);
    assert.equal(line?.subject, HOSTILE);
    assert.deepEqual([line?.severity, line?.event], ['INFO', 'decision']);
  });

  it('does not let a field replace the severity or the message', () => {
    const forged = { ...decision, severity: 'EMERGENCY', message: 'forged' };
    const [line] = linesOf('decision', forged);
    assert.deepEqual([line?.severity, line?.message], ['INFO', 'decision']);
  });

  it('writes a change with both states, keeps their fields inside, and shows hidden characters', () => {
    const after = { roles: ['member'], severity: 'EMERGENCY', [HOSTILE]: HOSTILE };
    const change = {
      requestId: 'r1',
      action: 'roles.set',
      actor: HOSTILE,
      target: 'bob',
      before: {},
      after,
      outcome: 'done',
    } as const;
    const lines = linesOf('change', { ...change, reason: HOSTILE });
    assert.deepEqual(lines, [
      {
        ...{ severity: 'INFO', message: 'change', event: 'change' },
        ...showHiddenIn({ ...change, reason: HOSTILE }),
      },
    ]);
  });

  it('writes the result of a reconciliation, as a warning if something failed', () => {
    const ran = { expired: 2, repaired: 3, failed: 0, more: false, schema: 'current' } as const;
    const line = { event: 'reconciled', message: 'access reconciled' };
    assert.deepEqual(linesOf('reconciled', ran), [{ severity: 'INFO', ...line, ...ran }]);
    const failed = { ...ran, failed: 1, more: true };
    assert.deepEqual(linesOf('reconciled', failed), [{ severity: 'WARNING', ...line, ...failed }]);
    const old = { ...ran, schema: 'behind' } as const;
    assert.deepEqual(linesOf('reconciled', old), [{ severity: 'WARNING', ...line, ...old }]);
  });

  it('writes a failed read of the revocation feed as an error, with the seconds', () => {
    const unread = { code: 'unavailable', detail: 'accessChanges: 14', seconds: 7 } as const;
    const line = { severity: 'ERROR', event: 'feed', message: 'access changes unread' };
    assert.deepEqual(linesOf('feedReadFailed', unread), [{ ...line, ...unread }]);
  });

  it('does not let a field of these two replace the severity or the message', () => {
    const forged = { severity: 'DEBUG', message: 'forged', event: 'forged' };
    const ran = { ...forged, expired: 0, repaired: 0, failed: 1, more: false, schema: 'current' } as const;
    const unread = { ...forged, code: 'unavailable', detail: HOSTILE, seconds: 1 } as const;
    for (const [lines, severity] of [
      [linesOf('reconciled', ran), 'WARNING'],
      [linesOf('feedReadFailed', unread), 'ERROR'],
    ] as const) {
      assert.equal(lines.length, 1);
      assert.equal(lines[0]?.severity, severity);
      assert.ok(lines[0]?.event !== 'forged' && lines[0]?.message !== 'forged');
    }
  });

  it('writes a failure with the code and the cause’s stack', () => {
    const [line, ...others] = run(
      "structuredLog.failure('r1', unavailable('getUser', new TypeError('boom')))",
    );
    assert.equal(others.length, 0);
    const { severity, event, requestId, code, reason, detail, cause } = line ?? {};
    assert.deepEqual([severity, event, requestId], ['ERROR', 'failure', 'r1']);
    assert.deepEqual([code, reason, detail], ['unavailable', 'service-unavailable', 'getUser']);
    assert.match((cause as { stack: string }).stack, /^TypeError: boom\n/);
  });

  it('writes only name, code and stack of a cause: SDK errors contain whole requests', () => {
    const [line] = run(`
      const request = { headers: { authorization: 'Bearer secret' } };
      const cause = Object.assign(new Error('boom'), { code: 'auth/internal-error', httpResponse: request, request });
      cause.cause = Object.assign(new Error('deeper'), { request });
      structuredLog.failure('r1', unavailable('getUser', cause));`);
    assert.ok(!JSON.stringify(line).includes('secret'));
    const { stack, ...rest } = (line?.cause ?? {}) as Record<string, unknown>;
    assert.deepEqual(rest, { name: 'Error', code: 'auth/internal-error' });
    assert.equal(typeof stack, 'string');
  });

  it('writes nothing of a cause that is not an error', () => {
    const [line] = run(
      "structuredLog.failure('r1', new AppError('internal', 'x', { cause: { token: 'secret' } }))",
    );
    assert.ok(!JSON.stringify(line).includes('secret'));
    assert.equal(line?.code, 'internal');
  });
});

describe('improveErrors', () => {
  it('writes the type of a body parser error as INFO, and other output unchanged', () => {
    const lines = run(`
      await import('firebase-functions/logger/compat');
      improveErrors();
      const fields = { type: 'entity.parse.failed', expose: true, body: '{"secret"' };
      console.error(Object.assign(new SyntaxError('secret'), fields));
      console.error('other', 7);`);
    assert.deepEqual(lines, [
      { severity: 'INFO', message: 'SyntaxError: entity.parse.failed' },
      { severity: 'ERROR', message: 'other 7' },
    ]);
  });
});

describe('an AppError as JSON', () => {
  it('has no cause, which is only for the log', () => {
    for (const error of [
      unavailable('x', new Error('secret')),
      new AppError('internal', 'x', { cause: { token: 'secret' } }),
    ]) {
      assert.ok(!JSON.stringify(error).includes('secret'));
    }
  });
});
