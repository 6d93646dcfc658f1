// The commands: each takes a context and its options and returns what to print and how to exit.
export { analyseCommand } from './analyse.ts'
export {
  answerCommand,
  approvalsCommentCommand,
  approvalsExportCommand,
  approvalsImportCommand,
  approvalsListCommand,
  approvalsRemindCommand,
  approvalsReviewCommand,
  approvalsRevokeCommand,
  approvalsShowCommand,
  artistInitCommand,
  artistKeyCommand,
  artistUsageCommand,
  submitCommand,
} from './approvals.ts'
export { catalogueCommand, pullCommand } from './catalogue.ts'
export { demoCommand } from './demo.ts'
export { freezeCommand, unfreezeCommand } from './freeze.ts'
export { fsckCommand } from './fsck.ts'
export { modelsAddCommand, modelsListCommand } from './models.ts'
export { packCommand, renewCommand } from './pack.ts'
export { pluginsInfoCommand, pluginsListCommand, pluginsScanCommand, pluginsTestCommand } from './plugins.ts'
export { receiptsExportCommand, receiptsListCommand, receiptsShowCommand, receiptsVoidCommand, syncCommand } from './receipts.ts'
export { editCommand, newCommand, showCommand } from './remix.ts'
export { renderCommand } from './render.ts'
export { serveCommand } from './serve.ts'
export { verifyCommand } from './verify.ts'
export { styleCommand, styleSaveCommand, stylesCommand, wordsCommand } from './styles.ts'
export { varyCommand } from './vary.ts'
