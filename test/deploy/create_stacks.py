"""Creates the templates on ministack, which is started here, and prints what
became of them as JSON. Usage: create_stacks.py PORT FOLDER"""
import json, os, subprocess, sys, time

import boto3

port, folder = sys.argv[1], sys.argv[2]
server = subprocess.Popen(
    [os.path.join(os.path.dirname(sys.executable), "ministack")],
    env={**os.environ, "GATEWAY_PORT": port},
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
found = {}
try:
    def client(name):
        return boto3.client(name, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test")

    for _ in range(300):
        try:
            client("sts").get_caller_identity()
            break
        except Exception:
            time.sleep(0.2)
    client("ssm").put_parameter(Name="/test/ami", Value="ami-0123456789abcdef0", Type="String")
    cfn = client("cloudformation")

    def create(name, template, parameters):
        arguments = dict(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"],
                         Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()])
        try:
            cfn.create_stack(**arguments)
        except Exception as error:
            found[name] = {"status": "REFUSED", "reason": str(error)}
            return
        for _ in range(300):
            stack = cfn.describe_stacks(StackName=name)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                break
            time.sleep(0.1)
        resources = cfn.describe_stack_resources(StackName=name)["StackResources"]
        events = cfn.describe_stack_events(StackName=name)["StackEvents"]
        found[name] = {
            "status": stack["StackStatus"],
            "outputs": {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
            "resources": {r["LogicalResourceId"]: r["ResourceStatus"] for r in resources},
            "failures": [e.get("ResourceStatusReason", "") for e in events if "FAILED" in e["ResourceStatus"]],
        }

    def read(name):
        with open(f"{folder}/{name}.template.json") as file:
            return json.load(file)

    def without(template, kinds, names=()):
        """The template without resources of some kinds; whoever names one gets a made-up name."""
        gone = [n for n, r in template["Resources"].items() if r["Type"] in kinds or n in names]

        def cut(value):
            if isinstance(value, dict):
                if value.get("Ref") in gone:
                    return "made-up-" + value["Ref"].lower()
                return {k: cut(v) for k, v in value.items()}
            return [cut(v) for v in value] if isinstance(value, list) else value

        resources = {n: cut(r) for n, r in template["Resources"].items() if n not in gone}
        return {**template, "Resources": resources, "Outputs": cut(template["Outputs"])}

    infrastructure = read("infrastructure")
    images = {"ArmImage": "/test/ami", "IntelImage": "/test/ami", "PackageBucket": "packages"}
    create("whole", infrastructure, images)
    infrastructure = without(infrastructure, ["AWS::EC2::Instance", "AWS::EC2::Volume"],
                             ["IteratorAgeAlarm"])  # metric math
    create("all", infrastructure, {**images, "ReplayInstance": "yes", "AlarmEmail": "a@b.example", "ConsumerName": "flagdrop"})
    create("least", infrastructure, {**images, "Sink": "duckdb", "VpcId": "vpc-0123", "SubnetId": "subnet-0123",
                                     "AvailabilityZone": "us-east-1a", "StreamMode": "ON_DEMAND", "InstanceType": "c7i.large"})
    connection = {"ConnectionArn": "arn:aws:codeconnections:us-east-1:111122223333:connection/abc", "Repository": "a/b"}
    build = read("build")
    create("build", build, connection)
    build = without(build, ["AWS::CodePipeline::Pipeline"])
    create("build-without-pipeline", build, connection)
    flink = without(read("flink"), [], ["CheckpointAlarm", "RestartsAlarm"])  # metric math
    client("s3").create_bucket(Bucket="packages")
    client("s3").put_object(Bucket="packages", Key="packages/flink.zip", Body=b"PK")
    stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi"
    create("flink", flink, {"StreamArn": stream_arn, "PackageBucket": "packages"})
    create("flink-with-sinks", flink, {"StreamArn": stream_arn, "PackageBucket": "packages", "PackageVersion": "v1",
                                       "Parallelism": "32", "OutputBucket": "documents", "AlarmEmail": "a@b.example",
                                       "OpenSearchArn": "arn:aws:es:us-east-1:000000000000:domain/taxi"})
    name = found["flink-with-sinks"].get("outputs", {}).get("ApplicationName")
    if name:
        described = client("kinesisanalyticsv2").describe_application(ApplicationName=name)
        found["application"] = described["ApplicationDetail"]
    found["alarms"] = [a["AlarmName"] for a in client("cloudwatch").describe_alarms()["MetricAlarms"]]
    found["domains"] = [d["DomainName"] for d in client("opensearch").list_domain_names()["DomainNames"]]
    stream = found["all"].get("outputs", {}).get("StreamName")
    if stream:
        found["shards"] = len(client("kinesis").list_shards(StreamName=stream)["Shards"])
finally:
    server.kill()
print(json.dumps(found, indent=1, default=str))
