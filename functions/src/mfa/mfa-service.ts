import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { SessionsService } from '../sessions/index.ts';
import { createStepUp } from './step-up.ts';

export type MfaService = ReturnType<typeof createMfaService>;

export function createMfaService(
  platform: Platform,
  needs: { audit: AuditLog; directory: DirectoryService; sessions: SessionsService },
) {
  return { ...createStepUp(platform, { ...needs, hasRecoveryCodes: async () => false }) };
}
