import { operation } from '../pipeline/operation.ts';
import type { AuditLog } from './audit-log.ts';
import { auditEvent, auditPage, auditQuery } from './schema.ts';

export const listAuditEvents = operation<AuditLog>()({
  name: 'listAuditEvents',
  effect: 'read',
  access: { permission: 'audit:read' },
  http: { method: 'get', path: '/audit' },
  input: auditQuery,
  output: auditPage,
  summary: 'The audit log, newest first; one JSON text a line where application/x-ndjson is accepted.',
  stream: async function* (query, { service }) {
    for await (const event of service.stream(query)) yield auditEvent.parse(event);
  },
  run: (query, { service }) => service.list(query),
});
