# Writes the install command for the one disk that fits, into a file that ks.cfg includes. None or several: ends with
# 1, and the installer stops before it touches a disk. Old busybox ash must run this: no printf, no local, no arrays,
# nothing evaluated. No line may begin with the word include, which would end the section.
# The lines above this one set chosen, rule, min, max, model, transport and flags.

devices=/tmp/hobnail-devices
paths=/tmp/hobnail-paths
ways=/tmp/hobnail-ways
found=
count=0
seen=
of=

tell() {
	echo "hobnail: $*" >&2
	logger -t hobnail "$*" 2>/dev/null || :
}

# split LINE: `   Key: value` into key and value, both without blanks around them.
split() {
	trim "${1%%:*}"
	key=$trimmed
	trim "${1#*:}"
	value=$trimmed
}

trim() {
	trimmed=${1#"${1%%[! ]*}"}
	trimmed=${trimmed%"${trimmed##*[! ]}"}
}

# list WHAT FILE: as localcli tells it, which needs no management agent.
list() {
	localcli storage core "$1" list </dev/null >"$2" 2>/dev/null || esxcli storage core "$1" list </dev/null >"$2"
}

# way_to DEVICE: puts its transport into `way`.
way_to() {
	way=$(awk -v device="$1" '$1 == device { print $2; exit }' "$ways")
	[ "$way" != pcie ] || way=nvme
	case $1,$vendor in
	t10.NVMe* | *,NVMe) way=nvme ;;
	esac
	[ "$usb" != true ] || way=usb
	[ -n "$way" ] || [ "$vendor" != ATA ] || way=sata
}

# judge: whether the device, whose facts have been read, fits.
judge() {
	[ -n "$device" ] && [ "$type" = Direct-Access ] && [ "$pseudo" != true ] || return 0
	way_to "$device"
	case $size in
	"" | *[!0-9]*) size=0 ;;
	esac
	no=$(objection)
	seen="$seen
  $device: $size MB, ${name:-no model}, ${way:-transport unknown}${no:+: $no}"
	[ -z "$no" ] || return 0
	found=$device
	count=$((count + 1))
}

# objection: prints why the device does not fit, nothing when it fits.
objection() {
	case $device in
	*[!A-Za-z0-9._:+,@=-]*) echo "a name that the installer may not read" ;;
	*)
		if [ "$size" -eq 0 ]; then
			echo "no size"
		elif [ "$size" -lt "$min" ]; then
			echo "too small"
		elif [ -n "$max" ] && [ "$size" -gt "$max" ]; then
			echo "too large"
		elif [ -n "$model" ] && ! has_model; then
			echo "another model"
		elif [ -n "$transport" ] && [ "$way" != "$transport" ]; then
			echo "another transport"
		elif [ "$offline" = true ]; then
			echo "offline"
		else
			case $transport in
			fc | fcoe | iscsi) ;;
			*) [ "$near" = true ] || echo "not local" ;;
			esac
		fi
		;;
	esac
}

has_model() {
	grep -i -F -e "$model" >/dev/null <<NAME
$name
NAME
}

rm -f "$chosen"
list device "$devices" || {
	tell "the list of disks cannot be had"
	exit 1
}
list path "$paths" 2>/dev/null || :
: >"$ways"
while IFS= read -r line; do
	split "$line"
	case $key in
	Device) of=$value ;;
	Transport) echo "$of $value" >>"$ways" ;;
	esac
done <"$paths"

device=
while IFS= read -r line || [ -n "$line" ]; do
	case $line in
	"") ;;
	" "*)
		split "$line"
		case $key in
		Size) size=$value ;;
		Model) name=$value ;;
		Vendor) vendor=$value ;;
		"Device Type") type=$value ;;
		"Is Local") near=$value ;;
		"Is USB") usb=$value ;;
		"Is Pseudo") pseudo=$value ;;
		"Is Offline") offline=$value ;;
		esac
		;;
	*)
		[ -z "$device" ] || judge
		device=${line%:}
		size='' name='' vendor='' type='' near='' usb='' pseudo='' offline=''
		;;
	esac
done <"$devices"
[ -z "$device" ] || judge

if [ "$count" -ne 1 ]; then
	if [ "$count" -eq 0 ]; then
		tell "no disk fits: $rule. The host has:${seen:- no disk}"
	else
		tell "$count disks fit: $rule. The host has:$seen"
	fi
	tell "nothing was installed; say more of the disk under install in the profile"
	exit 1
fi
tell "installing to $found"
cat >"$chosen" <<COMMAND
install --disk=$found$flags
COMMAND
