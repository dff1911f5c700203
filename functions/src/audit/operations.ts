import { operation } from '../pipeline/operation.ts';
import { toEventView } from './audit-event.ts';
import type { AuditLog } from './audit-log.ts';
import { auditEvent, auditFilter, auditPage, auditQuery } from './schema.ts';

export const listAuditEvents = operation<AuditLog>()({
  name: 'listAuditEvents',
  effect: 'read',
  access: { permission: 'audit:read' },
  http: { method: 'get', path: '/audit' },
  input: auditQuery,
  output: auditPage,
  summary: 'The audit log, newest first, a page at a time.',
  run: async (query, { service }) => {
    const page = await service.list(query);
    return { ...page, events: page.events.map(toEventView) };
  },
});

export const exportAuditEvents = operation<AuditLog>()({
  name: 'exportAuditEvents',
  effect: 'read',
  access: { permission: 'audit:read' },
  http: { method: 'get', path: '/audit/export' },
  input: auditFilter,
  output: auditEvent,
  stream: true,
  summary: 'All events of the audit log that match, newest first.',
  run: async function* (filter, { service }) {
    for await (const event of service.stream(filter)) yield toEventView(event);
  },
});
