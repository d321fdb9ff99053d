export { OriginError, InvalidRequestError, errorBodyOf } from './origin-error.ts';
export { answerOf } from './answers.ts';
