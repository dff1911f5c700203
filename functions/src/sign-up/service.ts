import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { UsersService } from '../users/index.ts';

export interface SignUpNeeds {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly users: UsersService;
}

/** What the event handlers use. */
export type SignUpService = Pick<Platform, 'accounts' | 'clock' | 'config' | 'log'> & SignUpNeeds;
