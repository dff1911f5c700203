import assert from 'node:assert/strict';
import { AppError } from '../../../src/core/errors.ts';
import { createLog } from '../../../src/core/log.ts';
import { codesIn, tableUnder } from '../../helpers/docs.ts';

type Line = Readonly<Record<string, unknown>>;

/** Each kind of line, with every field that it can have. */
function writeAll(): Line[] {
  const lines: Line[] = [];
  const log = createLog((line) => lines.push(line));
  const failed = new AppError('unavailable', undefined, {
    ...{ reason: 'service-unavailable', logDetail: 'x', cause: new Error('x') },
  });
  log.decision({
    ...{ requestId: '1', permission: 'notes:read', issuer: 'x', subject: 'y', session: 'z' },
    ...{ method: 'GET', route: '/v1/notes', status: 401 },
    ...{ granted: false, reason: 'anonymous', detail: 'x', code: 'unauthenticated' },
  });
  log.decision({
    ...{ requestId: '1', permission: 'notes:read', issuer: 'x', subject: 'y' },
    ...{ granted: false, reason: 'missing-permission', code: 'permission_denied', enforcement: 'shadow' },
  });
  log.shadowMode();
  log.transport({
    ...{ requestId: '1', granted: false, code: 'origin_denied', status: 403 },
    ...{ method: 'GET', path: '/v1/me', origin: 'https://evil.example' },
  });
  log.change({
    ...{ requestId: '1', action: 'roles.set', actor: 'x', target: 'y', outcome: 'refused' },
    ...{ code: 'own_account', before: {}, after: {}, reason: 'x', detail: 'x' },
  });
  log.failure('1', failed);
  log.reconciled({ expired: 0, repaired: 0, failed: 0, more: false, schema: 'current' });
  log.reconciled({ expired: 0, repaired: 0, failed: 1, more: false, schema: 'behind' });
  log.keysSkipped({ issuer: 'x', usable: 1, skipped: ['k: x'] });
  log.claimsUnreadable({ issuer: 'x', claims: [{ claim: 'roles', shape: 'number' }] });
  log.feedReadFailed({ code: 'unavailable', detail: 'x', seconds: 1 });
  return lines;
}

describe('docs/reference/log-events.md', () => {
  const rows = tableUnder('docs/reference/log-events.md', '# Log events').map(
    ([event = '', severity = '', , fields = '']) => ({ event: codesIn(event)[0], severity, fields }),
  );
  const lines = writeAll();

  it('has exactly the events of the code', () => {
    assert.deepEqual(
      rows.map(({ event }) => event).toSorted(),
      [...new Set(lines.map(({ event }) => event))].toSorted(),
    );
  });

  for (const { event, severity, fields } of rows) {
    const written = lines.filter((line) => line.event === event);

    it(`names every field of ${event}`, () => {
      const names = new Set(written.flatMap((line) => Object.keys(line)));
      for (const name of ['event', 'severity', 'message']) names.delete(name);
      const [always = ''] = fields.split(' (');
      for (const name of names) assert.ok(codesIn(fields).includes(name), `${name} is missing in: ${always}`);
    });

    it(`names every severity of ${event}`, () => {
      for (const line of written) assert.ok(severity.includes(String(line.severity)), severity);
    });
  }
});
