import { defineModule } from '../pipeline/module.ts';
import { createMfaService } from './mfa-service.ts';
import {
  confirmTotp,
  createRecoveryCodes,
  deleteFactor,
  listMyFactors,
  renameFactor,
  resetUserFactors,
  startTotp,
} from './operations.ts';
import { getStepUpOptions, stepUp } from './step-up-operations.ts';

/** Second factors, and the step-up with them. */
export const mfa = defineModule({
  name: 'mfa',
  summary: 'Second factors, and the step-up with them.',
  create: createMfaService,
  operations: [
    listMyFactors,
    startTotp,
    confirmTotp,
    renameFactor,
    deleteFactor,
    createRecoveryCodes,
    resetUserFactors,
    stepUp,
    getStepUpOptions,
  ],
});
