import { defineModule } from '../pipeline/module.ts';
import { createAuditLog } from './audit-log.ts';
import { exportAuditEvents, listAuditEvents } from './operations.ts';

export type { AuditAction } from './audit-actions.ts';
export { type AuditEvent, identifyActor } from './audit-event.ts';
export { type AuditLog, auditEventRef } from './audit-log.ts';

/** The audit log: who changed what, and which privileged attempts were refused. */
export const audit = defineModule({
  name: 'audit',
  summary: 'Who changed what, and which privileged attempts were refused.',
  create: createAuditLog,
  operations: [listAuditEvents, exportAuditEvents],
});
