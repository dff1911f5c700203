import { type Access, type Decision, permissionOf } from './authz/decide.ts';
import { AppError } from './errors.ts';

/** What somebody is told whom {@link Decision} keeps out. */
export function refusalOf({ reason }: Decision & { allowed: false }, access: Access): AppError {
  if (reason === 'anonymous')
    return new AppError('unauthenticated', 'Send an Authorization header: Bearer <ID token>.');
  const permission = permissionOf(access) ?? '';
  // Whether somebody else has such a thing is not the caller's to know.
  return reason === 'not-own'
    ? new AppError('not_found', 'There is no such thing, or it is not yours.')
    : new AppError('permission_denied', `This needs the permission ${permission}.`, { missing: permission });
}
