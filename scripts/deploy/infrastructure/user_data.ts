/**
 * What a new instance does first (cloud-init): takes its volume, unpacks the
 * package, writes the engine's file, starts the service, and tells the stack.
 *
 * @module
 */
import { Fn } from "aws-cdk-lib";
import { CHECKPOINT_PREFIX, LOG_GROUP_NAME } from "./roles.ts";

/** Values of a script's `${Name}` that are no parameters or resources. */
export type Values = Readonly<Record<string, string>>;

const HEAD = `#!/bin/bash
set -euo pipefail
`;

/** The package, unpacked and installed as a service. */
const PACKAGE = `install -d /opt/flagdrop
aws s3 cp --no-progress "s3://\${PackageBucket}/\${PackageKey}" /tmp/flagdrop.tar.gz
tar -C /opt/flagdrop --no-same-owner -xzf /tmp/flagdrop.tar.gz
rm /tmp/flagdrop.tar.gz
ln -sf /opt/flagdrop/node/bin/node /usr/local/bin/node
printf '#!/bin/sh\\nexec /opt/flagdrop/node/bin/node /opt/flagdrop/app/dist/scripts/flagdrop.js "$@"\\n' >/usr/local/bin/flagdrop
chmod 0755 /usr/local/bin/flagdrop
/opt/flagdrop/service/install
`;

/** IMDSv2: a token, then the instance's own name. */
const INSTANCE_ID = `token="$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)"
id="$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)"
`;

/** A predecessor that ends may still hold the volume: ten minutes of tries. */
const VOLUME = `for try in $(seq 60); do
  aws ec2 attach-volume --region "\${AWS::Region}" --volume-id "\${StateVolumeId}" --instance-id "$id" --device /dev/sdf && break
  [ "$try" -lt 60 ] || exit 1
  sleep 10
done
disk="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$(echo "\${StateVolumeId}" | tr -d -)"
for try in $(seq 60); do [ -b "$disk" ] && break; sleep 1; done
blkid "$disk" || mkfs.xfs -q "$disk"
install -d /var/lib/flagdrop
echo "$disk /var/lib/flagdrop xfs defaults,noatime,nofail 0 2" >>/etc/fstab
mount /var/lib/flagdrop
xfs_growfs /var/lib/flagdrop >/dev/null
`;

const FILES = `cat >/etc/flagdrop/flagdrop.json <<'END'
{
  "run": {
    "stream": "\${Stream.Arn}",
    "sink": ["\${SinkAddress}"],
    "checkpoint": "s3://\${CheckpointBucket}/${CHECKPOINT_PREFIX}",
    "workers": \${Workers},
    "zones": "\${Zones}",
    \${ConsumerLine}"dead-letters": "/var/lib/flagdrop/dead-letters.ndjson",
    "emf": "tcp://127.0.0.1:25888",
    "emf-name": "\${AWS::StackName}",
    "emf-log-group": "${LOG_GROUP_NAME}",
    "emf-shards": \${ShardMetricsValue},
    "watch-termination": true,
    "termination-hook": "\${AWS::StackName}-engine/stop"
  }
}
END
chgrp flagdrop /etc/flagdrop/flagdrop.json
chmod 0640 /etc/flagdrop/flagdrop.json
cat >/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json <<'END'
{
  "agent": { "run_as_user": "cwagent" },
  "logs": {
    "metrics_collected": { "emf": {} },
    "log_stream_name": "{instance_id}"
  }
}
END
# A service that systemd gives up is the end of the instance: the group makes
# another, which goes on from the checkpoint.
install -d /etc/systemd/system/flagdrop.service.d
cat >/etc/systemd/system/flagdrop.service.d/unhealthy.conf <<'END'
[Unit]
OnFailure=flagdrop-unhealthy.service
END
cat >/etc/systemd/system/flagdrop-unhealthy.service <<END
[Unit]
Description=Tells the Auto Scaling group that the engine has failed for good
[Service]
Type=oneshot
ExecStart=/usr/bin/aws autoscaling set-instance-health --region \${AWS::Region} --instance-id $id --health-status Unhealthy --no-should-respect-grace-period
END
systemctl daemon-reload
systemctl enable --now amazon-cloudwatch-agent
`;

/** Starting waits for the engine's READY: then the stack goes on. */
const START = `systemctl enable flagdrop
systemctl start flagdrop
`;

function signalled(resource: string, steps: string): string {
  const signal = `/opt/aws/bin/cfn-signal --stack "\${AWS::StackName}" --resource ${resource} --region "\${AWS::Region}"`;
  return `${HEAD}trap '${signal} -e 1 || true' ERR
dnf install -y -q amazon-cloudwatch-agent aws-cfn-bootstrap
${steps}${signal} -e 0 || true
`;
}

/** The engine's. */
export function engineUserData(resource: string, values: Values): string {
  const steps = [INSTANCE_ID, VOLUME, PACKAGE, FILES, START].join("");
  return Fn.base64(Fn.sub(signalled(resource, steps), { ...values }));
}

const REPLAY_SERVICE = `cat >/etc/systemd/system/flagdrop-replay.service <<'END'
[Unit]
Description=Puts taxi trips into the stream
After=network-online.target
[Service]
User=flagdrop
WorkingDirectory=/var/lib/flagdrop
ExecStart=/usr/local/bin/flagdrop replay --stream \${Stream.Arn} --source \${ReplaySource} --speedup \${ReplaySpeedup} --aggregate
Restart=on-failure
RestartSec=10
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ReadWritePaths=/var/lib/flagdrop
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now flagdrop-replay
`;

/**
 * The replay's.
 *
 * @param source What it reads, with the options that go with it.
 */
export function replayUserData(source: string): string {
  return Fn.base64(
    Fn.sub(`${HEAD}${PACKAGE}${REPLAY_SERVICE}`, { ReplaySource: source }),
  );
}
