{{- define "name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- /* Which pods; part is api or the name of a worker. */ -}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- if .part }}
app.kubernetes.io/component: {{ .part }}
{{- end }}
{{- end }}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- /* What every process has, the API and the workers. env and secrets are its own. */ -}}
{{- define "pod" }}
{{- $image := .root.Values.image }}
metadata:
  labels: {{- include "labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ .root.Values.config | toJson | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .graceSeconds }}
  {{- with $image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  topologySpreadConstraints:
    {{- $labels := include "selector" . }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- $labels | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
      imagePullPolicy: {{ $image.pullPolicy }}
      command: {{ .command | toJson }}
      envFrom:
        - configMapRef: { name: {{ include "name" .root }} }
      env:
        {{- range $name, $value := .env }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
        {{- range .secrets }}
        - { name: {{ upper . }}_FILE, value: /run/secrets/{{ . }} }
        {{- end }}
      ports: {{- .ports | toYaml | nindent 8 }}
      startupProbe:
        httpGet: { path: /healthz, port: health }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: health }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: health }
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      {{- if .pauseSeconds }}
      # Until no new request is sent here.
      lifecycle: { preStop: { sleep: { seconds: {{ .pauseSeconds }} } } }
      {{- end }}
      resources: {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: secrets, mountPath: /run/secrets, readOnly: true }
  volumes:
    - name: secrets
      secret:
        secretName: {{ .root.Values.secretName }}
        defaultMode: 0440
        items:
          {{- range .secrets }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
{{- end }}

{{- define "hpa" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "name" .root }}-{{ .part }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ include "name" .root }}-{{ .part }} }
  minReplicas: {{ .autoscaling.min }}
  maxReplicas: {{ .autoscaling.max }}
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ .autoscaling.cpuPercent }} } }
{{- end }}

{{- define "pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "name" .root }}-{{ .part }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "selector" . | nindent 6 }}
{{- end }}
