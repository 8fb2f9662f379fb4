/**
 * The CDK app that makes the CloudFormation templates. It runs when they
 * are made (`make_templates.mjs`), never on an instance, so what it imports is
 * a development dependency and `dist` has nothing of it.
 *
 * @module
 */
import {
  App,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  Validations,
} from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { BuildStack } from "./build/build_stack.ts";
import { FlinkStack } from "./flink/flink_stack.ts";
import { InfrastructureStack } from "./infrastructure/infrastructure_stack.ts";

/** A template, by the name of its file. */
export interface MadeTemplate {
  readonly file: string;
  /** Its content: JSON, indented so little that a request may hold it. */
  readonly text: string;
}

/** Options for {@linkcode makeTemplates}. */
export interface MakeTemplatesOptions {
  /** Where CDK leaves what it makes, its report among it. */
  readonly outdir: string;
  /** Whether cdk-nag looks at it; it ends the process when it complains. */
  readonly isChecked: boolean;
}

/** Makes all templates, the same each time. */
export function makeTemplates(options: MakeTemplatesOptions): MadeTemplate[] {
  const app = new App({
    outdir: options.outdir,
    analyticsReporting: false,
    treeMetadata: false,
  });
  const synthesizer = () =>
    // Its optional members are typed another way than the interface's.
    new DefaultStackSynthesizer({
      generateBootstrapVersionRule: false,
    }) as IStackSynthesizer;
  new BuildStack(app, "build", synthesizer());
  new InfrastructureStack(app, "infrastructure", synthesizer());
  new FlinkStack(app, "flink", synthesizer());
  if (options.isChecked) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  return app.synth().stacks.map(({ id, template }) => ({
    file: `${id}.template.json`,
    text: `${JSON.stringify(template, undefined, 1)}\n`,
  }));
}
