import { defineModule } from '../pipeline/module.ts';
import { createMfaService } from './mfa-service.ts';

/** Second factors, and the step-up with them. */
export const mfa = defineModule({
  name: 'mfa',
  summary: 'Second factors, and the step-up with them.',
  create: createMfaService,
  operations: [],
});
